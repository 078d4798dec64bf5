#include "training/loop/signs_of_life.h"

#include <exception>
#include <utility>

#include "core/error.h"

namespace hepatica {
namespace {

constexpr std::chrono::seconds kBeat{2};
// Process 0 keeps the store: it waits so long for the others to let go of it.
constexpr std::chrono::seconds kFarewell{5};
constexpr const char* kLost = "lost";
constexpr const char* kLeft = "left";

std::string key_of(int rank) { return "count/" + std::to_string(rank); }

}  // namespace

SignsOfLife::SignsOfLife(c10::intrusive_ptr<c10d::Store> store, const ProcessPlace& place, Run& run)
    : store_(std::move(store)),
      rank_(place.rank),
      size_(place.size),
      patience_(place.patience),
      run_(run),
      last_beat_(Clock::now().time_since_epoch().count()) {
  // Process 0 looks at all, and all look at process 0: what it finds it tells them.
  for (int peer = 0; peer < size_; ++peer) {
    if (peer != rank_ && (rank_ == 0 || peer == 0)) peers_.push_back({peer});
  }
  thread_ = std::thread([this] { watch(); });
}

SignsOfLife::~SignsOfLife() { stop(); }

void SignsOfLife::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SignsOfLife::watch() {
  std::unique_lock lock(mutex_);
  while (!lost_) {
    const std::string goodbye = goodbye_;
    const bool last = stopped_;
    lock.unlock();
    try {
      if (!goodbye.empty()) return tell(goodbye);
      if (last) return;
      beat();
    } catch (const std::exception&) {
      report_lost("process 0, or the network to it, no longer answers");
    }
    lock.lock();
    stop_.wait_for(lock, kBeat, [this] { return stopped_ || !goodbye_.empty() || lost_; });
  }
}

void SignsOfLife::beat() {
  store_->add(key_of(rank_), 1);
  if (store_->check({kLost})) {
    const std::vector<uint8_t> reason = store_->get(kLost);
    report_lost(std::string(reason.begin(), reason.end()));
  }
  for (Peer& peer : peers_) look_at(peer);
  last_beat_ = Clock::now().time_since_epoch().count();
}

void SignsOfLife::look_at(Peer& peer) {
  const int64_t count = store_->add(key_of(peer.rank), 0);
  const auto now = Clock::now();
  if (count != peer.count) {
    peer.count = count;
    peer.changed = now;
  } else if (now - peer.changed > patience_) {
    const std::string reason = "process " + std::to_string(peer.rank) + " gave no sign of life for " +
                               std::to_string(patience_.count()) + " seconds";
    tell(reason);
    report_lost(reason);
  }
}

void SignsOfLife::tell(const std::string& reason) { store_->set(kLost, reason); }

void SignsOfLife::report_lost(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (lost_) return;
    reason_ = reason;
    lost_ = true;
  }
  run_.cancel();
  stop_.notify_all();
}

void SignsOfLife::check() const {
  const Clock::time_point last{Clock::duration(last_beat_.load())};
  std::string reason;
  if (lost_) {
    const std::lock_guard lock(mutex_);
    reason = reason_;
  } else if (Clock::now() - last > patience_) {
    // The watching thread itself waits for an answer.
    reason = "process 0, or the network to it, no longer answers";
  }
  if (reason.empty()) return;
  throw Error("PROCESS_LOST", "The training ended because another of its processes did: " + reason, {}, "processes",
              "See what that process says, then go on from the last checkpoint with resume");
}

void SignsOfLife::abort(const std::string& reason) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (lost_) return;
    goodbye_ = "process " + std::to_string(rank_) + ": " + reason;
  }
  stop_.notify_all();
}

void SignsOfLife::leave() {
  stop();
  try {
    int64_t left = store_->add(kLeft, 1);
    const Clock::time_point end = Clock::now() + kFarewell;
    while (rank_ == 0 && left < size_ && Clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      left = store_->add(kLeft, 0);
    }
  } catch (const std::exception&) {
    // Process 0 has gone first: nothing is waited for any more.
  }
}

}  // namespace hepatica
