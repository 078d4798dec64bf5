// What a series is read from, between the calls that fill it and the one that reads it.
#pragma once

#include <napi.h>

#include <memory>

#include "dicom/series_intake.h"

namespace hepatica::napi {

// Of what openIntake() gave. One job at a time may work on it.
std::shared_ptr<SeriesIntake> held_intake(const Napi::Value& value);

}  // namespace hepatica::napi
