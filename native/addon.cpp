// What src/native.ts sees; the calls themselves are in native/napi.
#include "napi/calls.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace {

using namespace hepatica::napi;

template <Napi::Value (*call)(const Napi::CallbackInfo&)>
void add(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New(exports.Env(), checked<call>, name));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  Environment::set_up(env);
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)
