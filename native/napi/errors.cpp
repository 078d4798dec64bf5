#include "napi/errors.h"

#include <new>
#include <string>

#include "core/error.h"
#include "runtime/library_error.h"

namespace hepatica::napi {

namespace {

Napi::Value error_object(Napi::Env env, const Error& error) {
  const Napi::Object object = Napi::Error::New(env, error.what()).Value();
  object.Set("code", error.code);
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
  } catch (const std::exception& error) {
    return error_object(env, library_error(error));
  } catch (...) {
    return error_object(env, Error("INTERNAL_ERROR", "An exception of unknown type was thrown"));
  }
}

}  // namespace hepatica::napi
