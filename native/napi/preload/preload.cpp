// The add-on that is loaded first: it opens libtorch's libraries by absolute path, so that the main add-on, which has
// no run path and names them by soname alone, finds them whichever folder holds them (CPU or CUDA build).
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <napi.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>

namespace {

// libtorch.so pulls in the CUDA half where the folder holds a CUDA build.
constexpr const char* kLibraries[] = {"libc10.so", "libtorch_cpu.so", "libtorch.so"};

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) ? std::string(resolved) : path;
}

// Two copies of libtorch in one process crash: refuse the second one while that is still an error message.
void refuse_second_copy(const std::string& file, const std::string& name) {
  void* loaded = dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (!loaded) return;
  link_map* map = nullptr;
  const bool known = dlinfo(loaded, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name;
  const std::string loaded_from = known ? real_path(map->l_name) : file;
  dlclose(loaded);
  if (loaded_from != real_path(file)) throw std::runtime_error("another libtorch is already loaded: " + loaded_from);
}

// MKL, inside of libtorch, looks for itself by the working directory and ends the process where that was removed.
void require_working_directory() {
  char path[PATH_MAX];
  if (!getcwd(path, sizeof(path)) && errno == ENOENT) throw std::runtime_error("the working directory was removed");
}

void open_libraries(const std::string& folder) {
  require_working_directory();
  for (const char* name : kLibraries) {
    const std::string file = folder + "/" + name;
    refuse_second_copy(file, name);
    // Never unloaded: its threads and static objects outlive any one environment.
    if (!dlopen(file.c_str(), RTLD_LAZY | RTLD_GLOBAL | RTLD_NODELETE)) throw std::runtime_error(dlerror());
  }
}

// How long libtorch's OpenMP threads look for work before they sleep: its libgomp reads it while it is loaded. By
// default they look for milliseconds, and whatever else computes on the same cores then slows both down tenfold
// (lesions of 60 slices on two busy cores: 1.6 to 2.3 s, with this 0.5 to 0.7 s); on idle cores so
// short a look is as fast. What the user set counts.
constexpr const char* kSpinCount = "GOMP_SPINCOUNT";
constexpr const char* kSpins = "2000";

// The environment changes on the JavaScript thread alone, as by process.env, and is left as it was.
bool set_spin_count() {
  if (getenv(kSpinCount) || getenv("OMP_WAIT_POLICY")) return false;
  return setenv(kSpinCount, kSpins, 0) == 0;
}

// Opening takes several tenths of a second, most of it static initialization: not on the event loop.
class OpenWorker : public Napi::AsyncWorker {
 public:
  OpenWorker(Napi::Env env, std::string folder)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        folder_(std::move(folder)),
        set_(set_spin_count()) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { open_libraries(folder_); }
  void OnOK() override {
    leave_environment();
    deferred_.Resolve(Env().Undefined());
  }
  void OnError(const Napi::Error& error) override {
    leave_environment();
    deferred_.Reject(error.Value());
  }

 private:
  void leave_environment() const {
    if (set_) unsetenv(kSpinCount);
  }

  Napi::Promise::Deferred deferred_;
  std::string folder_;
  bool set_;
};

// open(folder: string): Promise<void>
Napi::Value open(const Napi::CallbackInfo& info) {
  auto* worker = new OpenWorker(info.Env(), info[0].As<Napi::String>());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, open, "open"));
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)
