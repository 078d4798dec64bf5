#!/bin/sh
# prebuildify calls `node-gyp rebuild --target=V --devdir=D --arch=A --release`; the add-on is built by CMake instead.
# Node-API binaries do not depend on the target's version, and cross-compiling is not offered: the arguments say nothing.
exec node "$(dirname "$0")/build.mjs" --native
