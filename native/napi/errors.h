// C++ exceptions as JavaScript errors: { code, kind, message, file?, field?, remedy? }; src/errors.ts gives them the
// class of their kind.
#pragma once

#include <napi.h>

#include <exception>

namespace hepatica::napi {

// `Cancelled` becomes code CANCELLED, memory that ran out OUT_OF_MEMORY, what nobody foresaw, and a code that
// core/error_codes.def lacks, INTERNAL_ERROR.
Napi::Value error_value(Napi::Env env, const std::exception_ptr& failure);

// An exported function whose C++ exceptions (an input too large to copy, say) become such errors as well.
template <Napi::Value (*call)(const Napi::CallbackInfo&)>
Napi::Value checked(const Napi::CallbackInfo& info) {
  try {
    return call(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw Napi::Error(info.Env(), error_value(info.Env(), std::current_exception()));
  }
}

}  // namespace hepatica::napi
