#include "dicom/phases.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"

namespace hepatica::dicom {
namespace {

constexpr size_t kMinStack = 3;
// Of two acquisitions end to end: so many slices of one may lie where the other has some too.
constexpr size_t kMaxShared = kMinStack - 1;
// More values than that are no phases but times or numbers of slices.
constexpr size_t kMaxPhases = 8;

struct Stack {
  std::string first;  // its values
  std::string last;
  std::vector<PlacedFrame> frames;

  double bottom() const { return frames.front().position_mm; }
  double top() const { return frames.back().position_mm; }
  double half_step() const { return frames.size() > 1 ? median_step(frames) / 2 : 0; }
  std::string label(const PhaseKey& key) const {
    const std::string values = last == first ? first : first + " to " + last;
    return std::string(key.name) + " " + (values.empty() ? "(none)" : values);
  }
};

size_t count_within(const Stack& stack, double bottom, double top) {
  constexpr double kRoundingMm = 1e-3;
  return static_cast<size_t>(std::ranges::count_if(stack.frames, [&](const PlacedFrame& placed) {
    return placed.position_mm >= bottom - kRoundingMm && placed.position_mm <= top + kRoundingMm;
  }));
}

size_t count_beside(const Stack& stack, const Stack& other) {
  return count_within(stack, other.bottom() - other.half_step(), other.top() + other.half_step());
}

bool lies_inside(const Stack& inner, const Stack& outer) {
  return inner.bottom() > outer.bottom() && inner.top() < outer.top();
}

// Whether two stacks show the same part of the body.
bool overlap(const Stack& a, const Stack& b) {
  if (a.frames.size() < kMinStack || b.frames.size() < kMinStack) return false;
  if (lies_inside(a, b) || lies_inside(b, a)) return true;
  return count_beside(a, b) > kMaxShared && count_beside(b, a) > kMaxShared;
}

// One stack a value, in the order of the values; frames in the order of places.
std::vector<Stack> stacks_by_value(const PhaseKey& key, const std::vector<PlacedFrame>& frames) {
  std::map<std::pair<double, std::string>, Stack> by_value;
  for (const PlacedFrame& placed : frames) {
    const std::string value = key.value(placed.frame);
    Stack& stack = by_value[{ordinal_of(key, value).value_or(0), value}];
    stack.first = stack.last = value;
    stack.frames.push_back(placed);
  }
  std::vector<Stack> stacks;
  for (auto& [value, stack] : by_value) stacks.push_back(std::move(stack));
  return stacks;
}

// 1 where `next` continues `stack` upwards, -1 downwards, 0 where it does not.
int direction_of(const Stack& stack, const Stack& next) {
  if (next.bottom() > stack.top()) return 1;
  return next.top() < stack.bottom() ? -1 : 0;
}

struct Pass {
  std::vector<Stack> steps;  // one a value
  int direction = 0;
};

double middle(const Stack& stack) { return (stack.bottom() + stack.top()) / 2; }

// Whether the last step of `pass` begins the pass of `next`, which turns back: it lies out of the pace of its own pass
// and in that of the other.
bool starts_next(const Pass& pass, const Stack& next) {
  const size_t count = pass.steps.size();
  if (count < kMinStack) return false;
  const double pace = std::abs(middle(pass.steps[1]) - middle(pass.steps[0]));
  const Stack& last = pass.steps.back();
  const double before = std::abs(middle(last) - middle(pass.steps[count - 2]));
  const double after = std::abs(middle(next) - middle(last));
  return std::abs(before - pace) > tolerance_of(pace) && std::abs(after - pace) <= tolerance_of(pace);
}

Stack joined(const Pass& pass) {
  Stack stack{pass.steps.front().first, pass.steps.back().last, {}};
  for (const Stack& step : pass.steps) {
    stack.frames.insert(stack.frames.end(), step.frames.begin(), step.frames.end());
  }
  std::ranges::stable_sort(stack.frames, {}, &PlacedFrame::position_mm);
  return stack;
}

// Values that go on in one direction along the body, as the times of slices do, are one pass of the scanner.
std::vector<Stack> join_passes(std::vector<Stack> values) {
  std::vector<Pass> passes;
  for (Stack& next : values) {
    const int direction = passes.empty() ? 0 : direction_of(passes.back().steps.back(), next);
    if (direction != 0 && (passes.back().direction == 0 || passes.back().direction == direction)) {
      passes.back().direction = direction;
      passes.back().steps.push_back(std::move(next));
      continue;
    }
    Pass pass;
    if (direction != 0 && starts_next(passes.back(), next)) {
      pass.steps.push_back(std::move(passes.back().steps.back()));
      pass.direction = direction;
      passes.back().steps.pop_back();
    }
    pass.steps.push_back(std::move(next));
    passes.push_back(std::move(pass));
  }
  std::vector<Stack> stacks;
  for (const Pass& pass : passes) stacks.push_back(joined(pass));
  return stacks;
}

bool differs(const PhaseKey& key, const std::vector<PlacedFrame>& frames) {
  const std::string first = key.value(frames.front().frame);
  return std::ranges::any_of(frames, [&](const PlacedFrame& placed) { return key.value(placed.frame) != first; });
}

std::vector<Stack> stacks_of(const PhaseKey& key, const std::vector<PlacedFrame>& frames) {
  if (!differs(key, frames)) return {};
  std::vector<Stack> stacks = stacks_by_value(key, frames);
  if (key.kind == PhaseKey::Kind::kName) return stacks;
  const bool are_phases = stacks.size() <= kMaxPhases && std::ranges::all_of(stacks, [](const Stack& stack) {
                            return stack.frames.size() >= kMinStack;
                          });
  return are_phases ? stacks : join_passes(std::move(stacks));
}

bool any_overlap(const std::vector<Stack>& stacks) {
  for (size_t i = 0; i < stacks.size(); ++i) {
    for (size_t j = i + 1; j < stacks.size(); ++j) {
      if (overlap(stacks[i], stacks[j])) return true;
    }
  }
  return false;
}

size_t count_places(const std::vector<PlacedFrame>& frames, double near_mm) {
  size_t places = 0;
  double last = 0;
  for (const PlacedFrame& placed : frames) {
    if (places > 0 && placed.position_mm - last <= near_mm) continue;
    last = placed.position_mm;
    ++places;
  }
  return places;
}

// Every stack holds every place once, however few there are.
bool all_cover(const std::vector<Stack>& stacks, const std::vector<PlacedFrame>& all) {
  const double near_mm = same_place_mm(all);
  const size_t places = count_places(all, near_mm);
  return std::ranges::all_of(stacks, [&](const Stack& stack) {
    return stack.frames.size() == places && count_places(stack.frames, near_mm) == places;
  });
}

// Frames that make an even stack as they are, each place once, are phases only if each group is an even stack over the
// whole height itself: half a step apart, say. A value that changes to and fro is none.
bool share_even_stack(const std::vector<Stack>& stacks, const std::vector<PlacedFrame>& all) {
  const double height = all.back().position_mm - all.front().position_mm;
  return std::ranges::all_of(stacks, [&](const Stack& stack) {
    return stack.frames.size() >= kMinStack && has_even_steps(stack.frames) &&
           stack.top() - stack.bottom() >= height - 2 * 2 * stack.half_step() - tolerance_of(height);
  });
}

bool are_phases(const PhaseKey& key, const std::vector<Stack>& stacks, const std::vector<PlacedFrame>& all) {
  if (stacks.size() < 2) return false;
  if (has_even_steps(all)) return any_overlap(stacks) && share_even_stack(stacks, all);
  if (key.kind != PhaseKey::Kind::kOrder && all_cover(stacks, all)) return true;
  size_t stray = 0;
  for (const Stack& stack : stacks) stray += stack.frames.size() < kMinStack ? stack.frames.size() : 0;
  return any_overlap(stacks) && 5 * stray <= all.size();
}

SubVolume sub_volume(const SubVolume& whole, const PhaseKey& key, const Stack& stack) {
  SubVolume volume{whole.label + (whole.label.empty() || whole.label.ends_with(' ') ? "" : ", ") + stack.label(key),
                   {}};
  for (const PlacedFrame& placed : stack.frames) volume.frames.push_back(placed.frame);
  return volume;
}

// Stacks in which the frames of all `pairs` lie apart, end to end; empty where there are none.
std::vector<Stack> end_to_end(const PhaseKey& key, const std::vector<PlacedFrame>& frames) {
  std::vector<Stack> stacks = stacks_of(key, frames);
  const bool whole = std::ranges::all_of(stacks, [](const Stack& s) { return s.frames.size() >= kMinStack; });
  if (stacks.size() < 2 || !whole || any_overlap(stacks)) return {};
  return stacks;
}

bool same_frame(const FrameRef& a, const FrameRef& b) { return a.object == b.object && a.frame == b.frame; }

size_t stack_of(const std::vector<Stack>& stacks, const FrameRef& frame) {
  const auto holds = [&](const Stack& stack) {
    return std::ranges::any_of(stack.frames, [&](const PlacedFrame& p) { return same_frame(p.frame, frame); });
  };
  return static_cast<size_t>(std::ranges::find_if(stacks, holds) - stacks.begin());
}

struct Shared {
  PlacedFrame kept;
  PlacedFrame left_out;
};

// Of each pair at one place the frame of the larger stack is kept; nullopt where a pair lies within one stack.
std::optional<std::vector<Shared>> share(const std::vector<Stack>& stacks,
                                         const std::vector<std::pair<PlacedFrame, PlacedFrame>>& pairs) {
  if (stacks.empty()) return std::nullopt;
  std::vector<Shared> shared;
  for (const auto& [a, b] : pairs) {
    const size_t of_a = stack_of(stacks, a.frame);
    const size_t of_b = stack_of(stacks, b.frame);
    if (of_a == of_b) return std::nullopt;
    const size_t size_a = stacks[of_a].frames.size();
    const size_t size_b = stacks[of_b].frames.size();
    const bool keeps_a = size_a > size_b || (size_a == size_b && of_a < of_b);
    shared.push_back(keeps_a ? Shared{a, b} : Shared{b, a});
  }
  return shared;
}

[[noreturn]] void throw_duplicate(const PlacedFrame& a, const PlacedFrame& b) {
  const DicomObject& object = *b.frame.object;
  const double apart = b.position_mm - a.position_mm;
  const std::string where = apart <= 0.01 ? " lie at the same position ("
                                          : " lie " + std::to_string(apart) + " mm apart, at one place of the series (";
  throw Error("DUPLICATE_POSITION",
              object.path + " and " + a.frame.object->path + where + std::to_string(b.position_mm) +
                  " mm along the normal) but differ in their pixels",
              object.path, field_name(tag::kImagePosition),
              "Separate the phases or reconstructions of the series into folders of their own.");
}

}  // namespace

std::vector<SubVolume> split_phases(SubVolume whole) {
  const std::vector<PlacedFrame> frames = place_frames(whole.frames);
  for (const PhaseKey& key : phase_keys()) {
    const std::vector<Stack> stacks = stacks_of(key, frames);
    if (!are_phases(key, stacks, frames)) continue;
    std::vector<SubVolume> volumes;
    for (const Stack& stack : stacks) {
      for (SubVolume& part : split_phases(sub_volume(whole, key, stack))) volumes.push_back(std::move(part));
    }
    return volumes;
  }
  return {std::move(whole)};
}

std::vector<PlacedFrame> one_slice_a_place(const std::vector<PlacedFrame>& frames, std::vector<ExcludedFile>& excluded,
                                           Run& run) {
  const double near_mm = same_place_mm(frames);
  std::vector<std::pair<PlacedFrame, PlacedFrame>> pairs;
  for (size_t i = 1; i < frames.size(); ++i) {
    if (frames[i].position_mm - frames[i - 1].position_mm <= near_mm) pairs.emplace_back(frames[i - 1], frames[i]);
  }
  if (pairs.empty()) return frames;
  for (const PhaseKey& key : phase_keys()) {
    const std::vector<Stack> stacks = end_to_end(key, frames);
    const auto shared = share(stacks, pairs);
    if (!shared) continue;
    std::vector<PlacedFrame> kept = frames;
    for (const Shared& place : *shared) {
      std::erase_if(kept, [&](const PlacedFrame& p) { return same_frame(p.frame, place.left_out.frame); });
      excluded.push_back({place.left_out.frame.object->path, "OVERLAPPING_SLICE",
                          "at the place of " + place.kept.frame.object->path + " of another acquisition"});
    }
    run.warn("OVERLAPPING_ACQUISITIONS", std::to_string(stacks.size()) + " acquisitions, told apart by " + key.name +
                                             ", lie end to end and share " + std::to_string(shared->size()) +
                                             " places: the slices of the longer one were kept there");
    return kept;
  }
  throw_duplicate(pairs.front().first, pairs.front().second);
}

void warn_of_strays(const std::vector<PlacedFrame>& frames, Run& run) {
  for (const PhaseKey& key : phase_keys()) {
    if (key.kind == PhaseKey::Kind::kOrder || !differs(key, frames)) continue;
    const std::vector<Stack> stacks = stacks_by_value(key, frames);
    for (const Stack& few : stacks) {
      const auto around = std::ranges::find_if(stacks, [&](const Stack& stack) {
        return few.frames.size() < kMinStack && stack.frames.size() >= kMinStack && lies_inside(few, stack);
      });
      if (around == stacks.end()) continue;
      run.warn("STRAY_SLICES", few.frames.front().frame.object->path + ": " + few.label(key) + " on " +
                                   std::to_string(few.frames.size()) + " of the slices, between those of " +
                                   around->label(key) + ": they may be of another scan");
      return;
    }
  }
}

const PhaseKey* find_mixture(const FrameRef& a, const FrameRef& b, const std::vector<PlacedFrame>& frames) {
  for (const PhaseKey& key : phase_keys()) {
    if (key.kind == PhaseKey::Kind::kOrder || key.value(a) == key.value(b)) continue;
    std::set<std::string> values;
    size_t stretches = 0;
    for (size_t i = 0; i < frames.size(); ++i) {
      values.insert(key.value(frames[i].frame));
      stretches += i == 0 || key.value(frames[i].frame) != key.value(frames[i - 1].frame);
    }
    if (stretches > values.size()) return &key;
  }
  return nullptr;
}

}  // namespace hepatica::dicom
