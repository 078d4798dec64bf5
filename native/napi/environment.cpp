#include "napi/environment.h"

#include <dlfcn.h>

#include <mutex>

#include "napi/handles.h"
#include "napi/job.h"
#include "runtime/caching_allocator.h"

namespace hepatica::napi {

namespace {

// Node closes an add-on with the last environment that loaded it; threads and thread-local objects of ours and of
// libtorch may outlive a worker, so the code stays mapped.
void pin_library() {
  Dl_info here;
  if (dladdr(reinterpret_cast<const void*>(&pin_library), &here) != 0) {
    dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

}  // namespace

void Environment::set_up(Napi::Env env) {
  static std::once_flag process_set_up;
  std::call_once(process_set_up, [] {
    pin_library();
    install_caching_allocator();
  });
  env.SetInstanceData(new Environment());
  define_handles(env);
}

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

}  // namespace hepatica::napi
