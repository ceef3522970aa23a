{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* The names are fixed: pods and certificates know the operator by them, and a cluster has one operator. */}}
{{- define "vpnmesh.name" -}}vpnmesh-operator{{- end -}}

{{- define "vpnmesh.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "vpnmesh.name" .) -}}
{{- end -}}

{{- define "vpnmesh.selector" -}}
app.kubernetes.io/name: vpnmesh-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "vpnmesh.labels" -}}
{{ include "vpnmesh.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* An image reference: a digest wins over a tag. Call with (dict "image" … "root" $). */}}
{{- define "vpnmesh.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "vpnmesh.excludedNamespaces" -}}
{{- concat (list .Release.Namespace "kube-system") .Values.webhook.excludedNamespaces | uniq | toJson -}}
{{- end -}}

{{/* What both webhook entries share. */}}
{{- define "vpnmesh.webhook" -}}
admissionReviewVersions: [v1]
sideEffects: None
failurePolicy: {{ .Values.webhook.failurePolicy }}
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
reinvocationPolicy: IfNeeded
matchPolicy: Equivalent
clientConfig:
  service:
    name: {{ include "vpnmesh.name" . }}
    namespace: {{ .Release.Namespace }}
    path: /webhook/inject
    port: 443
rules:
  - apiGroups: [""]
    apiVersions: [v1]
    operations: [CREATE]
    resources: [pods]
    scope: Namespaced
{{- end -}}
