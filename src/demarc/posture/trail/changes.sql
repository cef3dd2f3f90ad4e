-- Writes that succeeded on what gives rights, runs, admits or delivers; the newest, at most so many. What controllers
-- of the cluster make out of other objects is left out: who made the other object is there.
-- parameter: most BIGINT, changes at most
WITH changes AS (
  SELECT
    verb, api_group, resource, namespace, name, user_name, impersonated_user, agent, source_ip,
    COUNT(*) AS times,
    MIN(ts_us) AS first_us,
    MAX(ts_us) AS last_us,
    MAX(CONCAT(CAST(ts_us AS VARCHAR), CHR(10), audit_id)) AS last_audit_id,
    MIN(event_id) AS event_id
  FROM events
  WHERE verb IN ('create', 'update', 'patch', 'delete', 'deletecollection') AND subresource = ''
    AND ts_us > 0 AND code >= 200 AND code < 300 AND NOT dry_run
    AND stage NOT IN ('RequestReceived', 'ResponseStarted')
    AND resource IN (
      'roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'serviceaccounts', 'secrets', 'deployments',
      'daemonsets', 'statefulsets', 'replicasets', 'replicationcontrollers', 'cronjobs', 'jobs', 'namespaces',
      'networkpolicies', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations',
      'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'applications', 'applicationsets',
      'appprojects', 'kustomizations', 'helmreleases', 'gitrepositories', 'certificatesigningrequests', 'ingresses',
      'services'
    )
    AND NOT (
      user_name LIKE 'system:serviceaccount:kube-system:%-controller'
      AND resource IN ('replicasets', 'jobs', 'secrets', 'deployments', 'daemonsets', 'statefulsets', 'cronjobs')
    )
  GROUP BY verb, api_group, resource, namespace, name, user_name, impersonated_user, agent, source_ip
), placed AS (
  SELECT
    verb, api_group, resource, namespace, name, user_name, impersonated_user, agent, source_ip, times, first_us,
    last_us, last_audit_id, event_id,
    COUNT(*) OVER () AS among,
    ROW_NUMBER() OVER (ORDER BY last_us DESC, event_id) AS place
  FROM changes
)
SELECT
  verb, api_group, resource, namespace, name, user_name, impersonated_user, agent, source_ip, times, first_us, last_us,
  last_audit_id, among, place
FROM placed
WHERE place <= $most
ORDER BY
  place, verb, api_group, resource, namespace, name, user_name, impersonated_user, agent, source_ip, times, first_us,
  last_us, last_audit_id, among
