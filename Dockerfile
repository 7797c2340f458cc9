# One image for all services: the binary, linked statically, and what a shell needs to look around.
# docker build -t loadlab .

# What the test of the stack replaces: it can reach no registry.
ARG BUILD_IMAGE=rust:1.95-bookworm
ARG FILES_IMAGE=debian:12-slim
ARG BINARY=build

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# The image has no git to ask: `--build-arg LOADLAB_COMMIT=$(git rev-parse --short=12 HEAD)`.
ARG LOADLAB_COMMIT=
# With `--target`, the flag does not reach the macros and build scripts, which cannot be static.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS='-C target-feature=+crt-static' \
    cargo build --locked --release --package loadlab --target "$target" \
 && mkdir /out && cp "target/$target/release/loadlab" /out/

FROM ${BINARY} AS binary

FROM ${FILES_IMAGE} AS files
RUN dpkg -s ca-certificates busybox-static >/dev/null 2>&1 \
 || { apt-get update && apt-get install -y --no-install-recommends ca-certificates busybox-static; }
# These may be written by whichever user the container runs as. New volumes take their mode over.
RUN mkdir -p /out/bin /out/etc/ssl/certs /out/data /out/tmp /out/lab /out/config /out/keys /out/output \
 && chmod 1777 /out/data /out/tmp /out/lab /out/config /out/keys /out/output \
 && cp /bin/busybox /out/bin/ \
 && for name in sh cat df env grep head hostname id ls nslookup ping printenv ps sleep tail top vi wget; \
    do ln -s busybox "/out/bin/$name"; done \
 && printf '#!/bin/sh\nexec /bin/sh "$@"\n' >/out/bin/bash && chmod 755 /out/bin/bash \
 && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
 && printf 'root:x:0:0::/:/bin/sh\nloadlab:x:1000:1000::/data:/bin/sh\n' >/out/etc/passwd \
 && printf 'root:x:0:\nloadlab:x:1000:\n' >/out/etc/group \
 && printf 'hosts: files dns\n' >/out/etc/nsswitch.conf

FROM scratch
COPY --from=files /out/ /
COPY --from=binary /out/loadlab /usr/bin/loadlab
USER 1000:1000
WORKDIR /data
ENTRYPOINT ["/usr/bin/loadlab"]
