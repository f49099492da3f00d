export const brokenYaml = `# The web Deployment again, with an image that no registry has: where does the rollout stop?
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web
spec:
  replicas: 6
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: nginx
        image: nginx:1.27-typo
        ports:
        - name: http
          containerPort: 80
`;
