#!/bin/sh
# prebuildify calls `node-gyp rebuild --target=V --devdir=D --arch=A --release`; the add-on is built by CMake instead.
exec node "$(dirname "$0")/package/prebuild-addon.mjs"
