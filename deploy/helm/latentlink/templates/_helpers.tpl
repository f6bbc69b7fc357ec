{{/* Labels that select the pods of one part of a release: (list $ "serve"). */}}
{{- define "latentlink.selector" -}}
app.kubernetes.io/name: latentlink
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "latentlink.labels" -}}
{{ include "latentlink.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{/* Not `latentlink` alone, which several releases of a namespace would share. */}}
{{- define "latentlink.name" -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
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
{{- $settings := merge (dict) .Values.settings (ternary (dict "root_path" $prefix) (dict) (ne $prefix "")) -}}
{{- range $name, $value := $settings }}
LATENTLINK_{{ upper $name }}: {{ if kindIs "slice" $value }}{{ join " " $value | quote }}{{ else if kindIs "string" $value }}{{ quote $value }}{{ else }}{{ toJson $value | quote }}{{ end }}
{{- end }}
{{- with .Values.trustedProxies }}
FORWARDED_ALLOW_IPS: {{ join "," . | quote }}
{{- end }}
{{- end }}

{{/* Of every pod: the user of the images, and nothing that they don't need. */}}
{{- define "latentlink.podSecurity" -}}
automountServiceAccountToken: false
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
