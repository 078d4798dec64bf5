#include "pipelines/reasons.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace hepatica {

void add_reason(Judgement& judgement, const std::string& code, const std::string& sentence) {
  const auto severity = code.starts_with("IMPLAUSIBLE") ? Plausibility::kImplausible : Plausibility::kDoubtful;
  judgement.plausibility = std::max(judgement.plausibility, severity);
  for (Warning& reason : judgement.reasons) {
    if (reason.code != code) continue;
    reason.message += ". " + sentence;
    return;
  }
  judgement.reasons.push_back({code, sentence});
}

std::string rounded(double value) {
  std::ostringstream text;
  text << (std::abs(value) < 10 ? std::round(value * 10) / 10 : std::round(value));
  return text.str();
}

}  // namespace hepatica
