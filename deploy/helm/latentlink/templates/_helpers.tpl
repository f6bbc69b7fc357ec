{{/* Labels that select the pods of one part of a release: (list $ "serve"). */}}
{{- define "latentlink.selector" -}}
app.kubernetes.io/name: latentlink
app.kubernetes.io/instance: {{ (index . 0).Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 | quote }}
{{- end }}

{{- define "latentlink.labels" -}}
{{ include "latentlink.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version | quote }}
{{- end }}

{{/* Not `latentlink` alone, which several releases of a namespace would share. Helm allows 53 characters, a Service 63. */}}
{{- define "latentlink.name" -}}
{{ .Release.Name }}
{{- end }}

{{/* A CronJob has at most 52 characters; where the release has too many, a hash tells it from others that begin alike. */}}
{{- define "latentlink.training" -}}
{{- if gt (len .Release.Name) 46 -}}
{{ trunc 37 .Release.Name }}-{{ sha256sum .Release.Name | trunc 8 }}-train
{{- else -}}
{{ .Release.Name }}-train
{{- end -}}
{{- end }}

{{- define "latentlink.claim" -}}
{{ .Values.checkpoints.existingClaim | default (printf "%s-checkpoints" (include "latentlink.name" .)) }}
{{- end }}

{{- define "latentlink.keys" -}}
{{- if .Values.keys.existingSecret -}}
{{ .Values.keys.existingSecret }}
{{- else if .Values.keys.api -}}
{{ include "latentlink.name" . }}-keys
{{- end -}}
{{- end }}

{{/* The Secret of the file of keys. */}}
{{- define "latentlink.keysFile" -}}
{{- if .Values.keys.fileSecret -}}
{{ .Values.keys.fileSecret }}
{{- else if .Values.keys.file -}}
{{ include "latentlink.name" . }}-keys-file
{{- end -}}
{{- end }}

{{/* The settings of a release as variables: words of a list are separated by spaces, numbers keep all their digits. */}}
{{- define "latentlink.variables" -}}
{{- $prefix := ternary "" .Values.ingress.path (or (not .Values.ingress.enabled) (eq .Values.ingress.path "/")) -}}
{{- $stored := ternary (dict "checkpoints" .Values.checkpoints.url "cache" "/cache") (dict) (ne .Values.checkpoints.url "") -}}
{{- $settings := merge (dict) .Values.settings (ternary (dict "root_path" $prefix) (dict) (ne $prefix "")) $stored -}}
{{- range $name, $value := $settings }}
LATENTLINK_{{ upper $name }}: {{ if kindIs "slice" $value }}{{ join " " $value | quote }}{{ else if kindIs "string" $value }}{{ quote $value }}{{ else }}{{ toJson $value | quote }}{{ end }}
{{- end }}
{{- with .Values.trustedProxies }}
FORWARDED_ALLOW_IPS: {{ join "," . | quote }}
{{- end }}
{{- end }}

{{/* Where copies of checkpoints or of their files lie. */}}
{{- define "latentlink.cache" -}}
{{ .Values.settings.cache | default (ternary "/cache" "" (ne .Values.checkpoints.url "")) }}
{{- end }}

{{/* Of every pod: the user of the images, and nothing that they don't need. */}}
{{- define "latentlink.podSecurity" -}}
automountServiceAccountToken: false
{{- with .Values.serviceAccount }}
serviceAccountName: {{ . | quote }}
{{- end }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "latentlink.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}
