export const guestbookYaml = `# A front end of three and a store of one, each behind its Service.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: guestbook
spec:
  replicas: 3
  selector:
    matchLabels:
      app: guestbook
      tier: frontend
  template:
    metadata:
      labels:
        app: guestbook
        tier: frontend
    spec:
      containers:
      - name: httpd
        image: httpd:2.4
        ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  name: guestbook
spec:
  type: NodePort
  selector:
    app: guestbook
    tier: frontend
  ports:
  - port: 80
    nodePort: 30090
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: guestbook-store
spec:
  selector:
    matchLabels:
      app: guestbook
      tier: store
  template:
    metadata:
      labels:
        app: guestbook
        tier: store
    spec:
      containers:
      - name: redis
        image: redis:7
        ports:
        - containerPort: 6379
---
apiVersion: v1
kind: Service
metadata:
  name: guestbook-store
spec:
  selector:
    app: guestbook
    tier: store
  ports:
  - port: 6379
`;
