// The program of the pod sandbox: it holds the pod's namespaces open and reaps what is orphaned in them.
module vpnmesh.io/e2e/tools/pause

go 1.26.0
