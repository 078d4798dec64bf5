// The wheel of libtorch holds Gloo compiled, but none of its headers. c10d's own header needs of Gloo's classes only
// that they exist (it keeps pointers to them), so that gloo_declarations/ declares them without members: the layouts
// that this unit sees are c10d's own. The test "libtorch makes process groups of the size that is compiled here" holds
// it.
#define USE_C10D_GLOO
#include "training/loop/process_group.h"

#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>
#include <c10/util/Flags.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/error.h"
#include "training/loop/nccl_library.h"

C10_DECLARE_int(caffe2_log_level);

namespace hepatica {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::chrono::milliseconds kConnecting{5000};
constexpr seconds kAnswering{60};
// No collective of Gloo ends on its own before: one process may read or validate much longer than another. Processes
// that are lost are known by their signs of life.
constexpr minutes kCollectiveTimeout{24 * 60};
constexpr seconds kPolling{1};
constexpr std::chrono::microseconds kPollingGpu{50};
constexpr const char* kCome = "come";

// c10d tells the terminal of every machine that it cannot reach yet.
void silence_torch() {
  constexpr int kFatalAlone = 3;
  FLAGS_caffe2_log_level = kFatalAlone;
}

std::string first_line(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

// Process 0 listens, unless an agent does. A machine that cannot be reached yet is tried again.
c10::intrusive_ptr<c10d::TCPStore> open_store(const ProcessPlace& place, Clock::time_point deadline, Run& run) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.rank == 0 && place.agent_prefix.empty();
  options.waitWorkers = false;
  while (true) {
    run.check_cancelled();
    options.timeout = std::min(kConnecting, std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()));
    try {
      auto store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
      store->setTimeout(kAnswering);
      return store;
    } catch (const std::exception&) {
      if (options.isServer || Clock::now() + kPolling > deadline) throw;
    }
  }
}

void wait_for_all(const c10::intrusive_ptr<c10d::Store>& store, int size, Clock::time_point deadline, Run& run) {
  int64_t come = store->add(kCome, 1);
  while (come < size) {
    run.check_cancelled();
    if (Clock::now() > deadline) {
      throw std::runtime_error(std::to_string(come) + " of " + std::to_string(size) + " processes came");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    come = store->add(kCome, 0);
  }
}

c10::intrusive_ptr<c10d::Store> with_prefix(const c10::intrusive_ptr<c10d::Store>& store, const std::string& prefix) {
  return c10::make_intrusive<c10d::PrefixStore>(prefix, store);
}

c10::intrusive_ptr<c10d::Backend> connect(const c10::intrusive_ptr<c10d::Store>& store, const ProcessPlace& place) {
  using Gloo = c10d::ProcessGroupGloo;
  const auto options = Gloo::Options::create(kCollectiveTimeout);
  if (!place.interface.empty()) {
    options->devices.push_back(Gloo::createDeviceForInterface(place.interface));
  } else if (is_loopback(place.address)) {
    options->devices.push_back(Gloo::createDeviceForHostname("127.0.0.1"));
  } else {
    options->devices.push_back(Gloo::createDefaultDevice());
  }
  return c10::make_intrusive<Gloo>(store, place.rank, place.size, options);
}

}  // namespace

ProcessGroup::ProcessGroup(const ProcessPlace& place, Run& run) : place_(place) {
  try {
    silence_torch();
    const Clock::time_point deadline = Clock::now() + place.meeting_timeout;
    const c10::intrusive_ptr<c10d::TCPStore> tcp = open_store(place, deadline, run);
    const std::string prefix = place.agent_prefix + "hepatica";
    wait_for_all(with_prefix(tcp, prefix), place.size, deadline, run);
    gloo_ = connect(with_prefix(tcp, prefix + "/gloo"), place);
    nccl_store_ = with_prefix(tcp->clone(), prefix + "/nccl");
    signs_ = std::make_unique<SignsOfLife>(with_prefix(tcp->clone(), prefix + "/alive"), place, run);
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    throw Error("RENDEZVOUS_FAILED",
                "Process " + std::to_string(place.rank) + " of " + std::to_string(place.size) +
                    " did not find the others at " + place.address + ":" + std::to_string(place.port) + ": " +
                    first_line(error),
                {}, "processes", "Start all processes of the training, with the address of a machine that they reach");
  }
}

// Gloo waits for what is still under way, which never ends where another process is lost; NCCL's kernels go on.
ProcessGroup::~ProcessGroup() {
  if (signs_->all_well() && !nccl_) return;
  std::thread([gloo = std::move(gloo_), nccl = std::move(nccl_)]() mutable {
    if (nccl) nccl->abort();
    nccl.reset();
    gloo.reset();
  }).detach();
}

// Each process fills in its own line.
std::vector<std::string> ProcessGroup::gather(const std::string& name) {
  constexpr size_t kLongest = 64;
  std::vector<uint8_t> lines(kLongest * static_cast<size_t>(size()), 0);
  std::copy_n(name.begin(), std::min(name.size(), kLongest), lines.begin() + rank() * static_cast<int64_t>(kLongest));
  all_reduce_sum(at::from_blob(lines.data(), {static_cast<int64_t>(lines.size())}, at::kByte));
  std::vector<std::string> names;
  for (auto line = lines.begin(); line != lines.end(); line += kLongest) {
    names.emplace_back(line, std::find(line, line + kLongest, uint8_t{0}));
  }
  return names;
}

void ProcessGroup::compute_on(const at::Device& device) {
  const NcclApi* const nccl = device.is_cuda() ? find_nccl() : nullptr;
  const std::string own = nccl ? nccl->device_name(std::max<int>(0, device.index())) : std::string();
  if (!all_apart(gather(own))) return;
  nccl_ = nccl->connect(nccl_store_, rank(), size(), kCollectiveTimeout);
}

void ProcessGroup::wait(const std::function<Work()>& start) {
  signs_->check();
  try {
    const Work work = start();
    while (true) {
      try {
        if (work->wait(kPolling)) return;
      } catch (const std::exception&) {
        if (work->isCompleted()) throw;
        signs_->check();
      }
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    signs_->report_lost("the connection to another process broke: " + first_line(error));
    signs_->check();
  }
}

// The host waits, so that a process that is lost is told of here.
void ProcessGroup::wait_for_gpu(const std::function<Work()>& start) {
  signs_->check();
  try {
    const Work work = start();
    while (!work->isCompleted()) {
      signs_->check();
      std::this_thread::sleep_for(kPollingGpu);
    }
    work->wait();
  } catch (const Error&) {
    nccl_->abort();
    throw;
  } catch (const std::exception& error) {
    nccl_->abort();
    signs_->report_lost("the connection to another process' GPU broke: " + first_line(error));
    signs_->check();
  }
}

void ProcessGroup::collect(at::Tensor& tensor, const Start& start) {
  const at::NoGradGuard no_grad;
  const bool by_nccl = nccl_ && tensor.is_cuda();
  const bool direct = (by_nccl || tensor.device().is_cpu()) && tensor.is_contiguous();
  std::vector<at::Tensor> dense = {direct ? tensor : by_nccl ? tensor.contiguous() : tensor.cpu().contiguous()};
  if (by_nccl) {
    wait_for_gpu([&] { return start(*nccl_, dense); });
  } else {
    wait([&] { return start(*gloo_, dense); });
  }
  if (!direct) tensor.copy_(dense.front());
}

void ProcessGroup::all_reduce_sum(at::Tensor tensor) {
  if (tensor.numel() == 0) return;
  collect(tensor, [](c10d::Backend& backend, std::vector<at::Tensor>& dense) { return backend.allreduce(dense); });
}

void ProcessGroup::broadcast(at::Tensor tensor, int root) {
  if (tensor.numel() == 0) return;
  c10d::BroadcastOptions options;
  options.rootRank = root;
  collect(tensor,
          [&](c10d::Backend& backend, std::vector<at::Tensor>& dense) { return backend.broadcast(dense, options); });
}

void ProcessGroup::barrier() {
  wait([this] { return gloo_->barrier(); });
}

void ProcessGroup::abort(const std::string& reason) noexcept { signs_->abort(reason); }

void ProcessGroup::leave() {
  barrier();
  if (nccl_) std::exchange(nccl_, {})->shutdown();
  signs_->leave();
}

}  // namespace hepatica
