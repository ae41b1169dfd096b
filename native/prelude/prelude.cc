// Loaded before the addon proper, and linked to the runtime's framework library only.
//
// 1. It silences chatter of the main library while that is being loaded (native/quiet deals with the framework's own).
// 2. It answers whether an op is registered, which are Loupe's, and which instruction sets this processor has.

#include <node_api.h>

#include <string>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "tensorflow/core/framework/op.h"

namespace {

constexpr size_t kLongestOpName = 256;

// isOpRegistered(name: string): boolean
napi_value IsOpRegistered(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  char name[kLongestOpName];
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count < 1 ||
      napi_get_value_string_utf8(env, argument, name, sizeof(name), &length) != napi_ok) {
    napi_throw_type_error(env, nullptr, "isOpRegistered(name): name must be a string");
    return nullptr;
  }
  const tensorflow::OpRegistrationData* data = nullptr;
  const bool found = tensorflow::OpRegistry::Global()->LookUp(std::string(name, length), &data).ok();
  napi_value result = nullptr;
  napi_get_boolean(env, found, &result);
  return result;
}

// registeredOps(): string[], the names of Loupe's own ops
napi_value RegisteredOps(napi_env env, napi_callback_info) {
  napi_value list = nullptr;
  napi_create_array(env, &list);
  std::vector<tensorflow::OpDef> ops;
  tensorflow::OpRegistry::Global()->GetRegisteredOps(&ops);
  uint32_t length = 0;
  for (const tensorflow::OpDef& op : ops) {
    if (op.name().rfind("Loupe", 0) != 0) continue;
    napi_value name = nullptr;
    napi_create_string_utf8(env, op.name().c_str(), op.name().size(), &name);
    napi_set_element(env, list, length++, name);
  }
  return list;
}

void Append(napi_env env, napi_value list, uint32_t* length, const char* name, bool present) {
  if (!present) return;
  napi_value text = nullptr;
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text);
  napi_set_element(env, list, (*length)++, text);
}

// instructionSets(): string[], of those that Loupe's kernels are compiled for
napi_value InstructionSets(napi_env env, napi_callback_info) {
  napi_value list = nullptr;
  napi_create_array(env, &list);
#if defined(__x86_64__)
  uint32_t length = 0;
  __builtin_cpu_init();
  Append(env, list, &length, "avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  Append(env, list, &length, "avx512",
         __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"));
  Append(env, list, &length, "avx512vnni", __builtin_cpu_supports("avx512vnni"));
  Append(env, list, &length, "avx512bf16", __builtin_cpu_supports("avx512bf16"));
#endif
  return list;
}

napi_value Init(napi_env env, napi_value exports) {
  absl::SetMinLogLevel(absl::LogSeverityAtLeast::kFatal);
  const napi_property_descriptor properties[] = {
      {"isOpRegistered", nullptr, IsOpRegistered, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"registeredOps", nullptr, RegisteredOps, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"instructionSets", nullptr, InstructionSets, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
  return exports;
}

}  // namespace

NAPI_MODULE(loupe_prelude, Init)
