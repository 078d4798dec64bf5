// Reasons for a judgement as they are collected: each code once, with all that was found under it.
#pragma once

#include <string>

#include "pipelines/plausibility.h"

namespace hepatica {

// Adds a sentence (capital first, no full stop) and lowers the verdict as its code says.
void add_reason(Judgement& judgement, const std::string& code, const std::string& sentence);

// "0.3", "12", "1500": as a person would write it.
std::string rounded(double value);

}  // namespace hepatica
