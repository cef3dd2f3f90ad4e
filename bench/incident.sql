-- A trail in the shape in which it is stored: 500 nodes, 5,000 pods that come and go, 2,000 service accounts, controllers,
-- pipelines, people, and strangers from the internet. Pods are named anew all the time, tokens change every hour.
-- $first, $last: which of its events; $start_us: when it begins; $step_us: time between two.
WITH rolled AS (
  SELECT
    i, i * $step_us // 3600000000 AS hour, (hash(i) % 10000)::BIGINT AS k, (hash(i + 1000000007) % 5000)::BIGINT AS p,
    (hash(i + 2000000011) % 1000000)::BIGINT AS e, md5(i::VARCHAR) AS m
  FROM range($first, $last) AS t(i)
),
named AS (
  SELECT
    *,
    CASE
      WHEN k < 4500 THEN 'lease' WHEN k < 5200 THEN 'node' WHEN k < 6300 THEN 'state' WHEN k < 7500 THEN 'watch'
      WHEN k < 8300 THEN 'slice' WHEN k < 8600 THEN 'token' WHEN k < 8900 THEN 'mount' WHEN k < 9100 THEN 'all'
      WHEN k < 9350 THEN 'pod' WHEN k < 9550 THEN 'gone' WHEN k < 9750 THEN 'sync' WHEN k < 9850 THEN 'job'
      WHEN k < 9940 THEN 'look' WHEN k < 9975 THEN 'deploy' WHEN k < 9985 THEN 'exec' WHEN k < 9990 THEN 'rights'
      WHEN k < 9996 THEN 'refused' ELSE 'scan'
    END AS kind,
    (hour + p) // (6 + p * 37 % 200) AS turn
  FROM rolled
),
turned AS (
  -- What is deleted is the pod that was there before.
  SELECT *, md5(p || '/' || CASE WHEN kind = 'gone' THEN turn - 1 ELSE turn END) AS life
  FROM named
),
lived AS (
  SELECT
    *, (hash(life) % 500)::BIGINT AS n, 'team-' || (p % 200) AS team, 'sa-' || (p % 2000) AS account,
    'app-' || (p % 400) AS app, 'v1.' || (hour // (200 + p % 400 * 3)) || '.' || (p % 9) AS version,
    CASE WHEN kind = 'job' THEN 'report-' || (p % 60) || '-' || (28000000 + i // 857)
      ELSE 'app-' || (p % 400) || '-' || substr(life, 1, 10) || '-' || substr(life, 11, 5) END AS pod,
    substr(life, 1, 8) || '-' || substr(life, 9, 4) || '-' || substr(life, 13, 4) || '-' || substr(life, 17, 4) || '-'
      || substr(life, 21, 12) AS uid,
    kind IN ('lease', 'node', 'state', 'token', 'mount') AS is_node, kind IN ('slice', 'pod', 'gone', 'job') AS is_manager,
    kind IN ('watch', 'refused') AS is_pod, strftime(make_timestamp($start_us + i * $step_us), '%Y-%m-%dT%H:%M:%SZ') AS told_at
  FROM turned
),
placed AS (
  SELECT
    *,
    CASE
      WHEN is_node THEN '10.0.' || (n // 250) || '.' || (n % 250)
      WHEN is_manager THEN '10.0.250.1'
      WHEN is_pod THEN '10.' || (16 + n // 250) || '.' || (n % 250) || '.' || (p % 250)
      WHEN kind = 'all' THEN '10.20.' || (p % 3) || '.' || (hour // 150 % 250)
      WHEN kind IN ('sync', 'rights') THEN '10.21.0.' || (hour // 200 % 250)
      WHEN kind = 'deploy' THEN '192.0.2.80'
      WHEN kind = 'scan' THEN (11 + e % 90) || '.' || (e % 223) || '.' || (e % 20000 % 251) || '.' || (e % 20000 // 79)
      ELSE '192.0.2.' || (100 + (p % 150 * 7 + hour // 170 * 13) % 150)
    END AS address,
    CASE
      WHEN is_node THEN 'X509SHA256=' || md5('n' || n || '/' || hour // 700) || md5('m' || n || '/' || hour // 700)
      WHEN kind IN ('scan', 'deploy') THEN ''
      WHEN kind IN ('look', 'exec') THEN 'X509SHA256=' || md5('p' || (p % 150)) || md5('q' || (p % 150))
      WHEN is_pod THEN 'JTI=' || md5(p % 2000 || '/' || turn || '/' || hour)
      ELSE 'JTI=' || md5(kind || (p % 3) || '/' || hour)
    END AS used,
    '"image":"registry.example/' || team || '/' || app || ':' || version || '"' AS image
  FROM lived
),
written AS (
  SELECT
    *,
    CASE
      WHEN kind = 'state' THEN
        '{"metadata":{"uid":"' || uid || '"},"status":{"$setElementOrder/conditions":[{"type":"PodReadyToStartContainers"},'
        || '{"type":"Initialized"},{"type":"Ready"},{"type":"ContainersReady"}],"conditions":[{"lastTransitionTime":"' || told_at
        || '","status":"' || CASE WHEN e % 3 = 0 THEN 'True' ELSE 'False' END || '","type":"Ready"}],"containerStatuses":[{'
        || '"containerID":"containerd://' || life || m || '",' || image || ',"imageID":"registry.example/' || team || '/' || app
        || '@sha256:' || md5(app || team || version) || md5(version || app || team) || '","lastState":{},"name":"app","ready":true,"restartCount":'
        || (e % 4) || ',"started":true,"state":{"running":{"startedAt":"' || told_at || '"}}}],"phase":"Running","podIPs":[{"ip":"10.'
        || (16 + n // 250) || '.' || (n % 250) || '.' || (p % 250) || '"}]}}'
      WHEN kind = 'node' THEN
        '{"status":{"conditions":[{"lastHeartbeatTime":"' || told_at || '","type":"MemoryPressure"},{"lastHeartbeatTime":"' || told_at
        || '","type":"DiskPressure"},{"lastHeartbeatTime":"' || told_at || '","type":"Ready"}]}}'
      WHEN kind IN ('pod', 'job', 'sync') THEN
        '{"kind":"' || CASE kind WHEN 'pod' THEN 'Pod' WHEN 'job' THEN 'Job' ELSE 'Deployment' END || '","metadata":{"namespace":"' || team
        || '","labels":{"app":"' || app || '","pod-template-hash":"' || substr(life, 1, 10) || '"},"annotations":{"checksum/config":"'
        || md5(app || hour) || '"}},"spec":{"template":{"spec":{"serviceAccountName":"' || account || '","containers":[{"name":"app",' || image
        || ',"env":[{"name":"RELEASE","value":"***"},{"name":"REGION","value":"***"},{"name":"LOG_LEVEL","value":"***"}],'
        || '"resources":{"limits":{"memory":"' || (64 << (p % 6)::INT) || 'Mi"},"requests":{"cpu":"' || (p % 9 * 50 + 50) || 'm"}},'
        || '"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},"volumeMounts":[{"name":"tmp",'
        || '"mountPath":"/tmp"},{"name":"kube-api-access-' || substr(m, 1, 5) || '","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]}}}}'
      WHEN kind = 'rights' THEN
        '{"kind":"RoleBinding","metadata":{"name":"' || app || '-view"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"'
        || app || '-view"},"subjects":[{"kind":"ServiceAccount","name":"' || account || '","namespace":"' || team || '"}]}'
      ELSE ''
    END AS body
  FROM placed
)
SELECT
  md5('e' || i) AS event_id,
  substr(m, 1, 8) || '-' || substr(m, 9, 4) || '-4' || substr(m, 14, 3) || '-a' || substr(m, 18, 3) || '-' || substr(m, 21, 12) AS audit_id,
  'ResponseComplete' AS stage,
  CASE WHEN body = '' THEN 'Metadata' ELSE 'Request' END AS level,
  $start_us + i * $step_us + e % $step_us AS ts_us,
  $start_us + i * $step_us + e % $step_us + 900 + e % 7919 AS stage_us,
  CASE
    WHEN kind = 'lease' OR kind = 'slice' THEN 'update'
    WHEN kind IN ('node', 'state', 'sync', 'deploy') OR kind = 'rights' THEN 'patch'
    WHEN kind = 'watch' THEN CASE WHEN e % 4 = 0 THEN 'list' WHEN e % 4 = 1 THEN 'get' ELSE 'watch' END
    WHEN kind IN ('token', 'pod', 'job') THEN 'create'
    WHEN kind = 'gone' THEN 'delete'
    WHEN kind IN ('all', 'look') THEN 'list'
    ELSE 'get'
  END AS verb,
  CASE WHEN kind = 'scan' THEN '/' || substr(md5((e % 900)::VARCHAR), 1, 6)
    ELSE '/api/v1/namespaces/' || team || '/' || kind || '/' || pod || '?timeout=' || (e % 9 + 1) || 's&resourceVersion=' || (70000000 + i)
  END AS uri,
  CASE
    WHEN is_node THEN 'system:node:ip-10-0-' || (n // 250) || '-' || (n % 250)
    WHEN is_manager THEN 'system:serviceaccount:kube-system:'
      || CASE kind WHEN 'slice' THEN 'endpointslice' WHEN 'job' THEN 'cronjob' ELSE 'replicaset' END || '-controller'
    WHEN is_pod THEN 'system:serviceaccount:' || team || ':' || account
    WHEN kind = 'all' THEN 'system:serviceaccount:ingress-' || (p % 3) || ':ingress'
    WHEN kind IN ('sync', 'rights') THEN 'system:serviceaccount:argocd:argocd-application-controller'
    WHEN kind = 'deploy' THEN 'system:serviceaccount:ci:deployer'
    WHEN kind = 'scan' THEN 'system:anonymous'
    ELSE 'person-' || (p % 150) || '@example.com'
  END AS user_name,
  CASE
    WHEN is_node THEN 'system:nodes' || chr(10) || 'system:authenticated'
    WHEN kind = 'scan' THEN 'system:unauthenticated'
    WHEN kind IN ('look', 'exec') THEN 'developers' || chr(10) || 'system:authenticated'
    ELSE 'system:serviceaccounts' || chr(10) || 'system:authenticated'
  END AS user_groups,
  CASE WHEN used = '' THEN '' ELSE '{"authentication.kubernetes.io/credential-id":["' || used || '"]}' END AS user_extra,
  used AS credential_id,
  CASE WHEN kind = 'deploy' THEN 'ci/deployer-token' ELSE '' END AS legacy_secret,
  CASE WHEN is_pod THEN pod ELSE '' END AS token_pod,
  CASE WHEN is_pod THEN uid ELSE '' END AS token_pod_uid,
  CASE WHEN is_pod THEN 'ip-10-0-' || (n // 250) || '-' || (n % 250) ELSE '' END AS token_node,
  address AS source_ip,
  address AS peer_ip,
  address AS source_ips,
  CASE
    WHEN is_node THEN 'kubelet/v1.33.' || (hour // 800 + 3) || ' (linux/amd64) kubernetes/0a1b2c3'
    WHEN is_manager THEN 'kube-controller-manager/v1.33.' || (hour // 800 + 3) || ' (linux/amd64) kubernetes/0a1b2c3'
    WHEN is_pod THEN app || '/' || version || ' (linux/amd64) kubernetes/$Format'
    WHEN kind = 'all' THEN 'nginx-ingress-controller/v1.11.' || (hour // 900)
    WHEN kind IN ('sync', 'rights') THEN 'argocd-application-controller/v3.1.' || (hour // 400)
    WHEN kind = 'deploy' THEN 'Helm/3.18.' || (hour // 600)
    WHEN kind = 'scan' THEN
      CASE e % 5 WHEN 0 THEN 'Mozilla/5.0 zgrab/0.x' WHEN 1 THEN 'Go-http-client/1.1' WHEN 2 THEN 'curl/7.' || (e % 90)
        WHEN 3 THEN 'python-requests/2.' || (e % 33) || '.0' ELSE 'Mozilla/5.0 (compatible; CensysInspect/1.1)' END
    ELSE 'kubectl/v1.' || (29 + p % 5) || '.' || (p % 150 % 9) || ' (darwin/arm64) kubernetes/' || substr(md5((p % 5)::VARCHAR), 1, 7)
  END AS agent,
  CASE
    WHEN kind IN ('sync', 'deploy') THEN 'apps'
    WHEN kind = 'lease' THEN 'coordination.k8s.io'
    WHEN kind = 'slice' THEN 'discovery.k8s.io'
    WHEN kind = 'job' THEN 'batch'
    WHEN kind = 'rights' THEN 'rbac.authorization.k8s.io'
    ELSE ''
  END AS api_group,
  CASE kind
    WHEN 'lease' THEN 'leases' WHEN 'node' THEN 'nodes' WHEN 'slice' THEN 'endpointslices' WHEN 'token' THEN 'serviceaccounts'
    WHEN 'mount' THEN 'secrets' WHEN 'all' THEN 'secrets' WHEN 'sync' THEN 'deployments' WHEN 'deploy' THEN 'deployments'
    WHEN 'job' THEN 'jobs' WHEN 'rights' THEN 'rolebindings' WHEN 'scan' THEN '' WHEN 'refused' THEN 'configmaps'
    WHEN 'watch' THEN CASE WHEN p % 10 < 6 THEN 'configmaps' WHEN p % 10 = 6 THEN 'secrets' ELSE 'pods' END
    ELSE 'pods'
  END AS resource,
  CASE WHEN kind IN ('node', 'state') THEN 'status' WHEN kind IN ('token', 'exec') THEN kind ELSE '' END AS subresource,
  CASE WHEN kind IN ('all', 'node', 'scan') THEN '' ELSE team END AS namespace,
  CASE
    WHEN kind IN ('all', 'watch', 'look', 'scan') THEN ''
    WHEN is_node AND kind <> 'state' AND kind <> 'token' AND kind <> 'mount' THEN 'ip-10-0-' || (n // 250) || '-' || (n % 250)
    WHEN kind = 'token' THEN account
    WHEN kind = 'mount' THEN account || '-config'
    WHEN kind IN ('sync', 'deploy', 'slice') THEN app
    WHEN kind = 'rights' THEN app || '-view'
    ELSE pod
  END AS name,
  CASE WHEN kind IN ('state', 'pod', 'gone') THEN uid ELSE '' END AS object_uid,
  CASE WHEN kind IN ('token', 'pod', 'job') THEN 201 WHEN kind = 'exec' THEN 101 WHEN kind IN ('scan', 'refused') THEN 403 ELSE 200 END AS code,
  CASE WHEN kind IN ('scan', 'refused') THEN 'forbid' ELSE 'allow' END AS decision,
  CASE WHEN kind IN ('scan', 'refused') THEN '' WHEN is_node THEN ''
    ELSE 'RBAC: allowed by ClusterRoleBinding "binding-' || (p % 300) || '" of ClusterRole "role-' || (p % 90) || '"' END AS reason,
  CASE WHEN kind IN ('scan', 'refused') OR is_node THEN '' ELSE 'ClusterRoleBinding' END AS grant_kind,
  CASE WHEN kind IN ('scan', 'refused') OR is_node THEN '' ELSE 'binding-' || (p % 300) END AS grant_name,
  CASE WHEN kind IN ('scan', 'refused') OR is_node THEN '' ELSE 'ClusterRole' END AS role_kind,
  CASE WHEN kind IN ('scan', 'refused') OR is_node THEN '' ELSE 'role-' || (p % 90) END AS role_name,
  CASE WHEN kind = 'token' THEN 'JTI=' || md5('t' || i) ELSE '' END AS issued_credential_id,
  CASE WHEN kind = 'exec' THEN 'ls' || chr(10) || '-l' || chr(10) || '/srv/' || (e % 500) ELSE '' END AS command,
  body AS request_object,
  '{"authorization.k8s.io/decision":"' || CASE WHEN kind IN ('scan', 'refused') THEN 'forbid' ELSE 'allow' END || '"}' AS annotations,
  'kubernetes' AS shape,
  's' || (i // 2000000) AS source_id,
  i % 2000000 + 1 AS position
FROM written
