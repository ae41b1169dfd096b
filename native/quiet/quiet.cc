// Maps a shared library with standard error closed off.
//
// The TensorFlow runtime writes to standard error from its libraries' static constructors, before any setting of its own
// can silence it, and the command line promises that nothing but progress appears there. This addon depends on nothing.

#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <string>

namespace {

// Points standard error to the null device for its lifetime. Does nothing where that cannot be done.
class StderrGuard {
 public:
  StderrGuard() : saved_(dup(STDERR_FILENO)) {
    const int null_device = saved_ < 0 ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null_device < 0) return;
    dup2(null_device, STDERR_FILENO);
    close(null_device);
  }
  ~StderrGuard() {
    if (saved_ < 0) return;
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }
  StderrGuard(const StderrGuard&) = delete;
  StderrGuard& operator=(const StderrGuard&) = delete;

 private:
  const int saved_;
};

// mapQuietly(path: string): void. The library stays mapped; loading it again by the same path finds it.
napi_value MapQuietly(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count < 1 ||
      napi_get_value_string_utf8(env, argument, nullptr, 0, &length) != napi_ok) {
    napi_throw_type_error(env, nullptr, "mapQuietly(path): path must be a string");
    return nullptr;
  }
  std::string path(length + 1, '\0');
  napi_get_value_string_utf8(env, argument, &path[0], path.size(), &length);
  std::string problem;
  {
    const StderrGuard guard;
    if (dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL) == nullptr) problem = dlerror();
  }
  if (!problem.empty()) napi_throw_error(env, nullptr, problem.c_str());
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value function = nullptr;
  napi_create_function(env, "mapQuietly", NAPI_AUTO_LENGTH, MapQuietly, nullptr, &function);
  napi_set_named_property(env, exports, "mapQuietly", function);
  return exports;
}

}  // namespace

NAPI_MODULE(loupe_quiet, Init)
