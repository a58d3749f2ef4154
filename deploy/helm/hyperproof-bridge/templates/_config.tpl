{{- /* The configuration: what the chart knows, and over it what the values say. */}}
{{- define "bridge.config" -}}
{{- $web := dict "listen" "127.0.0.1:8470" }}
{{- if and .Values.web.enabled (eq .Values.mode "deployment") }}
{{- $web = dict "listen" (printf "0.0.0.0:%d" (int .Values.web.port)) "token" (printf "${file:%s/%s}" (include "bridge.secretsPath" .) .Values.web.tokenKey) }}
{{- if .Values.web.tlsSecret }}
{{- $web = merge $web (dict "certificate" "/run/tls/tls.crt" "key" "/run/tls/tls.key") }}
{{- else }}
{{- $web = merge $web (dict "behind_proxy" true) }}
{{- end }}
{{- end }}
{{- $store := dict "path" "/var/lib/hyperproof-bridge/bridge.db" }}
{{- $audit := dict "stdout" true "file" "/var/lib/hyperproof-bridge/audit.jsonl" }}
{{- if .Values.store.postgresql.urlKey }}
{{- $store = dict "url" (printf "${file:%s/%s}" (include "bridge.secretsPath" .) .Values.store.postgresql.urlKey) }}
{{- $audit = dict "stdout" true }}
{{- end }}
{{- $known := dict "web" $web "store" $store "audit" $audit "log" (dict "format" "json") }}
{{- mergeOverwrite $known (deepCopy .Values.config) | toYaml }}
{{- end }}
