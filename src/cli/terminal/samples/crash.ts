export const crashYaml = `# A program that gives up after two seconds, again and again: CrashLoopBackOff.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: crash
spec:
  replicas: 1
  selector:
    matchLabels:
      app: crash
  template:
    metadata:
      labels:
        app: crash
    spec:
      containers:
      - name: main
        image: busybox:1.36
        command: ["sh", "-c", "echo starting; sleep 2; echo 'cannot open the ledger' >&2; exit 1"]
`;
