// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "base/error.h"
#include "gpu/gpu_fixture.h"
#include "gpu/kernels.h"

namespace fitest::cuda {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class GpuFault : public GpuTest {
 protected:
  // Destroys everything at the end: that must not crash, block or say anything.
  void expect(const std::function<std::string()>& body, const std::string& regex) {
    expect_in_own_process(
        [&] {
          std::string text = body();
          modules_.clear();
          device_.reset();
          return text;
        },
        regex);
  }
  std::string fault_after(const char* ptx, const Launch& launched) {
    if (const auto refused = launch(ptx, launched)) return "refused: " + describe(*refused);
    const auto fault = device_->synchronize();
    return fault ? describe(*fault) : "no fault";
  }
  // The fault of a store of 4 bytes at `offset` from a buffer.
  std::string store_fault(std::int64_t offset) {
    const BufferPtr y = allocate("y", 64);
    return fault_after(kStoreAt, store(*y, offset));
  }
  static Launch store(const Buffer& buffer, std::int64_t offset) {
    return {"store_at",   {1, 1, 1}, {1, 1, 1},
            std::nullopt, 0,         {pointer(buffer), argument("offset", offset)}};
  }
  std::string spin_fault() {
    const BufferPtr flag = allocate("flag", 4);
    device_->upload(*flag, std::vector<std::byte>(4));
    module_of("spin", kSpin);
    device_->set_deadline(steady_clock::now() + milliseconds(200));
    return fault_after(kSpin, {"spin", {1, 1, 1}, {1, 1, 1}, std::nullopt, 0, {pointer(*flag)}});
  }
  // "the same" if a launch and a copy after a fault end with it.
  std::string second_fault() {
    const BufferPtr y = allocate("y", 64);
    const std::string first = fault_after(kStoreAt, store(*y, std::int64_t{1} << 44));
    const auto again = launch(kStoreAt, store(*y, 0));
    try {
      read<float>(*y);
    } catch (const Error& error) {
      return again && describe(*again) == first && error.what() == first ? "the same" : "another";
    }
    return "none";
  }
};

TEST_F(GpuFault, StoreToNoMemoryIsOutOfBounds) {
  expect([this] { return store_fault(std::int64_t{1} << 44); },
         "^out of bounds: the launch failed: CUDA_ERROR_ILLEGAL_ADDRESS .700.: an illegal memory "
         "access was encountered\n    kernel store_at$");
}

TEST_F(GpuFault, MisalignedStoreIsNamedSo) {
  expect([this] { return store_fault(1); },
         "^misaligned access: the launch failed: CUDA_ERROR_MISALIGNED_ADDRESS");
}

TEST_F(GpuFault, TrapIsAFaultOfTheKernel) {
  expect(
      [this] {
        return fault_after(kGiveUp, {"give_up", {1, 1, 1}, {1, 1, 1}, std::nullopt, 0, {}});
      },
      "the launch failed: CUDA_ERROR_.*\n    kernel give_up");
}

TEST_F(GpuFault, LaterCallsEndWithTheSameFault) {
  expect([this] { return second_fault(); }, "^the same$");
}

TEST_F(GpuFault, EndlessKernelEndsAtTheDeadline) {
  expect(
      [this] {
        const auto start = steady_clock::now();
        const std::string fault = spin_fault();
        const auto elapsed = steady_clock::now() - start;
        return fault + (elapsed < std::chrono::seconds(5) ? "\nsoon" : "\nlate");
      },
      "^time limit exceeded: the GPU had not finished when the deadline passed\n"
      "    kernel spin\nsoon$");
}

TEST_F(GpuFault, GpuWorksForTheNextProcess) {
  expect([this] { return spin_fault(); }, "time limit exceeded");
  const BufferPtr y = allocate("y", 64);
  device_->poison(*y);
  EXPECT_EQ(launch(kStoreAt, store(*y, 0)), std::nullopt);
  EXPECT_EQ(device_->synchronize(), std::nullopt);
  EXPECT_EQ(device_->unwritten_bytes(*y), 60u);
}

}  // namespace
}  // namespace fitest::cuda
