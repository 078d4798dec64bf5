#include "napi/errors.h"

#include <new>
#include <string>
#include <system_error>

#include "core/error.h"
#include "core/error_codes.h"
#include "napi/calls.h"
#include "runtime/library_error.h"

namespace hepatica::napi {

namespace {

Napi::Value error_object(Napi::Env env, const Error& error) {
  const std::string kind(error_kind(error.code));
  if (kind.empty()) return error_object(env, Error("INTERNAL_ERROR", error.code + ": " + error.what()));
  const Napi::Object object = Napi::Error::New(env, error.what()).Value();
  object.Set("code", error.code);
  object.Set("kind", kind);
  if (!error.file.empty()) object.Set("file", error.file);
  if (!error.field.empty()) object.Set("field", error.field);
  if (!error.remedy.empty()) object.Set("remedy", error.remedy);
  return object;
}

}  // namespace

Napi::Value error_value(Napi::Env env, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Napi::Error& error) {
    return error.Value();
  } catch (const Error& error) {
    return error_object(env, error);
  } catch (const Cancelled& cancelled) {
    return error_object(env, Error("CANCELLED", cancelled.what()));
  } catch (const std::bad_alloc&) {
    return error_object(env, Error("OUT_OF_MEMORY", "The memory does not suffice for this call", {}, {},
                                   "Free volumes that are no longer needed with dispose(), or use fewer threads"));
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) return error_object(env, library_error(error));
    return error_object(env, Error("OUT_OF_THREADS", "The system starts no more threads for this process", {}, {},
                                   "Raise the limit on processes and threads (ulimit -u, a container's pids limit)"));
  } catch (const std::exception& error) {
    return error_object(env, library_error(error));
  } catch (...) {
    return error_object(env, Error("INTERNAL_ERROR", "An exception of unknown type was thrown"));
  }
}

Napi::Value error_table_call(const Napi::CallbackInfo& info) {
  auto kinds = Napi::Object::New(info.Env());
  for (const ErrorKind& entry : kErrorKinds) {
    auto kind = Napi::Object::New(info.Env());
    kind.Set("className", std::string(entry.class_name));
    kind.Set("exitCode", entry.exit_code);
    kinds.Set(std::string(entry.name), kind);
  }
  auto codes = Napi::Object::New(info.Env());
  for (const ErrorCode& entry : kErrorCodes) codes.Set(std::string(entry.code), std::string(entry.kind));
  auto table = Napi::Object::New(info.Env());
  table.Set("kinds", kinds);
  table.Set("codes", codes);
  return table;
}

}  // namespace hepatica::napi
