#include "training/loop/communicator.h"

#include <exception>

#include "training/loop/process_group.h"

namespace hepatica {
namespace {

class OneProcess : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void compute_on(const at::Device& /*device*/) override {}
  bool uses_nccl() const override { return false; }
  void all_reduce_sum(at::Tensor /*tensor*/) override {}
  void broadcast(at::Tensor /*tensor*/, int /*root*/) override {}
  void barrier() override {}
  void check() const override {}
  void abort(const std::string& /*reason*/) noexcept override {}
  void leave() override {}
};

}  // namespace

std::unique_ptr<Communicator> one_process() { return std::make_unique<OneProcess>(); }

std::unique_ptr<Communicator> join_processes(const ProcessPlace& place, Run& run) {
  if (place.size == 1) return one_process();
  return std::make_unique<ProcessGroup>(place, run);
}

void train_together(const ProcessPlace& place, Run& run, const std::function<void(Communicator&)>& work) {
  const std::unique_ptr<Communicator> communicator = join_processes(place, run);
  try {
    work(*communicator);
    communicator->leave();
  } catch (const Cancelled&) {
    communicator->check();
    communicator->abort("it was stopped");
    throw;
  } catch (const std::exception& error) {
    communicator->abort(error.what());
    throw;
  }
}

}  // namespace hepatica
