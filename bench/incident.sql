-- A trail in the shape in which it is stored: 500 nodes, 2,000 service accounts, controllers, pipelines, people.
-- $events: how many; $start_us: when it begins; $step_us: time between two; $body: body of a pod.
WITH rolled AS (
  SELECT i, (hash(i) % 1000)::BIGINT AS k, (hash(i + 1) % 1000000)::BIGINT AS e
  FROM range($events) AS t(i)
),
named AS (
  SELECT
    i, e,
    CASE
      WHEN k < 550 THEN 'lease' WHEN k < 700 THEN 'status' WHEN k < 800 THEN 'watch' WHEN k < 880 THEN 'slice'
      WHEN k < 910 THEN 'token' WHEN k < 940 THEN 'mount' WHEN k < 960 THEN 'all' WHEN k < 980 THEN 'pod'
      WHEN k < 990 THEN 'sync' WHEN k < 995 THEN 'look' WHEN k < 998 THEN 'deploy' WHEN k < 999 THEN 'exec' ELSE 'scan'
    END AS kind
  FROM rolled
),
told AS (
  SELECT *, kind IN ('lease', 'status', 'token', 'mount') AS is_node, kind IN ('slice', 'pod') AS is_manager
  FROM named
),
placed AS (
  SELECT
    *,
    CASE
      WHEN is_node THEN '10.0.' || (e % 500 // 250) || '.' || (e % 250)
      WHEN is_manager THEN '10.0.250.1'
      WHEN kind IN ('watch', 'all', 'sync') THEN '10.1.' || (e % 200) || '.7'
      WHEN kind = 'deploy' THEN '192.0.2.80'
      WHEN kind = 'scan' THEN '198.51.100.' || (e % 200)
      ELSE '192.0.2.' || (e % 30)
    END AS address
  FROM told
)
SELECT
  md5(i::VARCHAR) AS event_id,
  md5((i + 7)::VARCHAR) AS audit_id,
  'ResponseComplete' AS stage,
  CASE WHEN kind IN ('pod', 'sync') THEN 'Request' ELSE 'Metadata' END AS level,
  $start_us + i * $step_us AS ts_us,
  $start_us + i * $step_us + 3000 AS stage_us,
  CASE
    WHEN kind = 'lease' OR kind = 'slice' THEN 'update'
    WHEN kind IN ('status', 'sync', 'deploy') THEN 'patch'
    WHEN kind = 'watch' THEN 'watch'
    WHEN kind IN ('token', 'pod') THEN 'create'
    WHEN kind IN ('all', 'look') THEN 'list'
    ELSE 'get'
  END AS verb,
  '/api/v1/namespaces/team-' || (e % 200) || '/' || kind || '?timeout=5s' AS uri,
  CASE
    WHEN is_node THEN 'system:node:n-' || (e % 500)
    WHEN is_manager THEN 'system:serviceaccount:kube-system:' || kind || '-controller'
    WHEN kind = 'watch' THEN 'system:serviceaccount:team-' || (e % 200) || ':sa-' || (e % 2000)
    WHEN kind = 'all' THEN 'system:serviceaccount:ingress-' || (e % 3) || ':ingress'
    WHEN kind = 'sync' THEN 'system:serviceaccount:argocd:argocd-application-controller'
    WHEN kind = 'deploy' THEN 'system:serviceaccount:ci:deployer'
    WHEN kind = 'scan' THEN 'system:anonymous'
    ELSE 'person-' || (e % 150) || '@example.com'
  END AS user_name,
  CASE
    WHEN is_node THEN 'X509SHA256=' || md5((e % 500)::VARCHAR)
    WHEN kind IN ('scan', 'deploy') THEN ''
    WHEN kind IN ('look', 'exec') THEN 'X509SHA256=' || md5('p' || (e % 150))
    ELSE 'JTI=' || md5(kind || (e % 2000) || '/' || (i // 51428))
  END AS credential_id,
  CASE WHEN kind = 'deploy' THEN 'ci/deployer-token' ELSE '' END AS legacy_secret,
  CASE WHEN kind = 'watch' THEN 'sa-' || (e % 2000) || '-0' ELSE '' END AS token_pod,
  address AS source_ip,
  address AS peer_ip,
  address AS source_ips,
  CASE
    WHEN is_node THEN 'kubelet/v1.33.5 (linux/amd64)'
    WHEN is_manager THEN 'kube-controller-manager/v1.33.5 (linux/amd64)'
    WHEN kind = 'watch' THEN 'app-' || (e % 40) || '/v1'
    WHEN kind = 'all' THEN 'nginx-ingress-controller/v1.11'
    WHEN kind = 'sync' THEN 'argocd-application-controller/v3'
    WHEN kind = 'deploy' THEN 'Helm/3.18.4'
    WHEN kind = 'scan' THEN 'Mozilla/5.0 zgrab/0.x'
    ELSE 'kubectl/v1.33.2 (linux/amd64)'
  END AS agent,
  CASE
    WHEN kind IN ('sync', 'deploy') THEN 'apps'
    WHEN kind = 'lease' THEN 'coordination.k8s.io'
    ELSE ''
  END AS api_group,
  CASE kind
    WHEN 'lease' THEN 'leases' WHEN 'status' THEN 'nodes' WHEN 'slice' THEN 'endpoints' WHEN 'token' THEN 'serviceaccounts'
    WHEN 'mount' THEN 'secrets' WHEN 'all' THEN 'secrets' WHEN 'sync' THEN 'deployments' WHEN 'deploy' THEN 'deployments'
    ELSE 'pods'
  END AS resource,
  CASE WHEN kind IN ('status', 'token', 'exec') THEN kind ELSE '' END AS subresource,
  CASE WHEN kind IN ('all', 'status') THEN '' ELSE 'team-' || (e % 200) END AS namespace,
  CASE WHEN kind IN ('all', 'watch', 'look') THEN '' ELSE kind || '-' || (e % 5000) END AS name,
  CASE WHEN kind IN ('token', 'pod') THEN 201 WHEN kind = 'exec' THEN 101 WHEN kind = 'scan' THEN 403 ELSE 200 END AS code,
  CASE WHEN kind = 'scan' THEN 'forbid' ELSE 'allow' END AS decision,
  CASE WHEN kind = 'scan' THEN '' ELSE 'ClusterRoleBinding' END AS grant_kind,
  CASE WHEN kind = 'scan' THEN '' ELSE 'binding-' || (e % 300) END AS grant_name,
  CASE WHEN kind = 'token' THEN 'JTI=' || md5('t' || i) ELSE '' END AS issued_credential_id,
  CASE WHEN kind IN ('pod', 'sync') THEN $body ELSE '' END AS request_object,
  '{"authorization.k8s.io/decision":"allow"}' AS annotations,
  'kubernetes' AS shape,
  'bench' AS source_id,
  i AS position
FROM placed
