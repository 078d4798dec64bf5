// A communicator over libtorch's c10d: Gloo for the tensors, NCCL for those of GPUs where each process has one of its
// own, the TCP store for the meeting and the signs of life.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <functional>
#include <string>
#include <vector>

#include "training/loop/communicator.h"
#include "training/loop/signs_of_life.h"

namespace hepatica {

class ProcessGroup : public Communicator {
 public:
  ProcessGroup(const ProcessPlace& place, Run& run);
  ~ProcessGroup() override;
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const override { return place_.rank; }
  int size() const override { return place_.size; }
  void compute_on(const at::Device& device) override;
  bool uses_nccl() const override { return static_cast<bool>(nccl_); }
  void all_reduce_sum(at::Tensor tensor) override;
  void broadcast(at::Tensor tensor, int root) override;
  void barrier() override;
  void check() const override { signs_->check(); }
  void abort(const std::string& reason) noexcept override;
  void leave() override;

 private:
  using Work = c10::intrusive_ptr<c10d::Work>;
  using Start = std::function<Work(c10d::Backend&, std::vector<at::Tensor>&)>;

  // Waits for what `start` begins on a dense copy, on the CPU unless NCCL takes it, and writes it back.
  void collect(at::Tensor& tensor, const Start& start);
  void wait(const std::function<Work()>& start);
  void wait_for_gpu(const std::function<Work()>& start);
  std::vector<std::string> gather(const std::string& name);

  const ProcessPlace place_;
  c10::intrusive_ptr<c10d::Store> nccl_store_;
  c10::intrusive_ptr<c10d::Backend> gloo_;
  c10::intrusive_ptr<c10d::Backend> nccl_;  // null: everything goes over Gloo
  std::unique_ptr<SignsOfLife> signs_;
};

}  // namespace hepatica
