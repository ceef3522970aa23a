{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "vpnmesh.name" -}}vpnmesh-operator{{- end }}

{{- define "vpnmesh.labels" -}}
app.kubernetes.io/name: vpnmesh
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "vpnmesh.selector" -}}
app.kubernetes.io/name: vpnmesh
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Reference of an image: digest, else tag, else the chart's appVersion. Called with (dict "image" … "chart" .Chart). */}}
{{- define "vpnmesh.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .chart.AppVersion }}
{{- end -}}
{{- end }}
