# One image with one file in it that matters: the server, the page built in.
#   docker compose up          with a database beside it
#   docker build -t stampede . the image alone; it wants DATABASE_URL, for there is no PostgreSQL in it

# The page. It is the same on every platform, so it is built on the builder's own.
FROM --platform=$BUILDPLATFORM node:20 AS client
WORKDIR /src/client
# The lists of packages first: as long as they stay the same, the next step comes from the cache.
COPY client/package.json client/package-lock.json client/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
# The types of the page's queries are made from the schema.
COPY graph/schema.graphqls ../graph/
COPY client/ ./
RUN npm run build

# The server. Go compiles for other platforms without help, so nothing runs in emulation here either.
FROM --platform=$BUILDPLATFORM golang:1.26 AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY model/ model/
COPY migrations/ migrations/
COPY graph/ graph/
COPY server/ server/
COPY client/client.go client/
COPY --from=client /src/client/dist/ client/dist/
ARG TARGETOS TARGETARCH
# What -version, the log and the metrics call it: --build-arg VERSION=$(git describe --tags --always).
ARG VERSION=
# Without cgo the binary needs no C library: it runs on nothing at all.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
    -ldflags "-X main.release=$VERSION" -o /out/stampede ./server
# Scratch has no mkdir: the folder for the demo's secret is made here.
RUN mkdir /out/data

FROM scratch
# For AUTH_JWKS_URL, and for a database behind TLS.
COPY --from=server /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=server /out/stampede /stampede
# A new volume takes over the owner of the folder that it covers.
COPY --from=server --chown=65532:65532 /out/data /data
# Nobody's id, as a number: scratch has no list of users.
USER 65532:65532
# Inside a container 127.0.0.1 would be reachable for nobody.
ENV ADDR=0.0.0.0:8080 DATA_DIR=/data
EXPOSE 8080
# The start may take as long as the server's own limit, a minute; its question to itself ends after 5 s.
HEALTHCHECK --interval=5s --timeout=6s --start-period=60s --retries=3 CMD ["/stampede", "health"]
ENTRYPOINT ["/stampede"]
