{{- /* The pod of every mode. Takes the root context, and what the mode says: words, restart, serves. */}}
{{- define "bridge.pod" -}}
{{- $root := .root }}
{{- with $root.Values }}
metadata:
  labels:
    {{- include "bridge.labels" $root | nindent 4 }}
    {{- with .podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
    {{- if .workloadIdentity.enabled }}
    azure.workload.identity/use: "true"
    {{- end }}
  {{- with .podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "bridge.serviceAccount" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- if $.restart }}
  restartPolicy: {{ $.restart }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with .imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .topologySpreadConstraints }}
  topologySpreadConstraints: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: bridge
      image: {{ include "bridge.image" $root | quote }}
      imagePullPolicy: {{ .image.pullPolicy }}
      args: {{- toYaml $.words | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources: {{- toYaml .resources | nindent 8 }}
      {{- if $.serves }}
      {{- include "bridge.probes" $root | nindent 6 }}
      {{- end }}
      volumeMounts:
        - {name: config, mountPath: /etc/hyperproof-bridge, readOnly: true}
        {{- if include "bridge.secret" $root }}
        - {name: secrets, mountPath: {{ include "bridge.secretsPath" $root }}, readOnly: true}
        {{- end }}
        {{- if .web.tlsSecret }}
        - {name: tls, mountPath: /run/tls, readOnly: true}
        {{- end }}
        - {name: state, mountPath: /var/lib/hyperproof-bridge}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: config
      configMap: {name: {{ default (include "bridge.name" $root) .existingConfigMap }}}
    {{- with include "bridge.secret" $root }}
    - name: secrets
      secret: {secretName: {{ . }}, defaultMode: 0440, optional: false}
    {{- end }}
    {{- if .web.tlsSecret }}
    - name: tls
      secret: {secretName: {{ .web.tlsSecret }}, defaultMode: 0440, optional: false}
    {{- end }}
    - name: state
      {{- if and .store.persistence.enabled (not .store.postgresql.urlKey) }}
      persistentVolumeClaim: {claimName: {{ include "bridge.claim" $root }}}
      {{- else }}
      emptyDir: {}
      {{- end }}
    - name: tmp
      emptyDir: {}
{{- end }}
{{- end }}

{{- /* Beyond loopback the kubelet asks; on loopback our own command does, for nobody else can.
     It reads no configuration: one that is refused must not end a service that keeps the one before.
     The first start of a newer version brings the database up to date before it listens: 15 minutes, as with systemd. */}}
{{- define "bridge.probes" -}}
{{- if .Values.web.enabled }}
{{- $scheme := ternary "HTTPS" "HTTP" (ne .Values.web.tlsSecret "") }}
ports:
  - {name: web, containerPort: {{ .Values.web.port }}, protocol: TCP}
startupProbe:
  httpGet: {path: /livez, port: web, scheme: {{ $scheme }}}
  periodSeconds: 2
  failureThreshold: 450
livenessProbe:
  httpGet: {path: /livez, port: web, scheme: {{ $scheme }}}
  periodSeconds: 20
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: web, scheme: {{ $scheme }}}
  periodSeconds: 10
  timeoutSeconds: 5
{{- else }}
startupProbe:
  exec: {command: [hyperproof-bridge, health, --live, --at, "127.0.0.1:8470"]}
  periodSeconds: 5
  timeoutSeconds: 10
  failureThreshold: 180
livenessProbe:
  exec: {command: [hyperproof-bridge, health, --live, --at, "127.0.0.1:8470"]}
  periodSeconds: 60
  timeoutSeconds: 15
readinessProbe:
  exec: {command: [hyperproof-bridge, health, --at, "127.0.0.1:8470"]}
  periodSeconds: 60
  timeoutSeconds: 15
{{- end }}
{{- end }}
