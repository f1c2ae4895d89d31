// SPDX-License-Identifier: Apache-2.0
// fitest_bench_ptx [kernel [none|default|all]]: thread-instructions per second of the virtual PTX
// device, on one and on all host threads, without checks, with the default ones
// and with all of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "ptx/virtual_device.h"

namespace {

using namespace fitest;

struct Case {
  std::string kernel;
  std::string note;
  Dim3 grid;
  Dim3 block;
  std::vector<std::size_t> buffers;  // bytes; the last one is the output
  std::vector<KernelArgument> scalars_before;
  std::vector<KernelArgument> scalars_after;
  double flops = 0;  // of a launch, where they are what counts
};

template <class T>
KernelArgument scalar(T value) {
  KernelArgument argument{"scalar", std::vector<std::byte>(sizeof value)};
  std::memcpy(argument.bytes.data(), &value, sizeof value);
  return argument;
}

std::vector<Case> make_cases() {
  const std::size_t million = std::size_t{1} << 20;
  return {
      {"arithmetic",
       "loop of fma",
       {64, 1, 1},
       {256, 1, 1},
       {std::size_t{64} * 256 * 4},
       {},
       {scalar(4000)}},
      {"saxpy",
       "n = 4 Mi",
       {16384, 1, 1},
       {256, 1, 1},
       {16 * million, 16 * million},
       {scalar(2.0F)},
       {scalar(4 << 20)}},
      {"sgemm", "N = 256", {16, 16, 1}, {16, 16, 1}, {262144, 262144, 262144}, {}, {scalar(256)}},
      {"sgemm",
       "N = 512",
       {32, 32, 1},
       {16, 16, 1},
       {million, million, million},
       {},
       {scalar(512)}},
      {"collatz", "n = 64 Ki", {256, 1, 1}, {256, 1, 1}, {262144}, {}, {scalar(65536)}},
      {"rmsnorm",
       "4096 x 4096",
       {4096, 1, 1},
       {256, 1, 1},
       {32 * million, 8192, 32 * million},
       {},
       {scalar(4096), scalar(1e-6F)}},
      {"decode",
       "32 x 2048",
       {32, 1, 1},
       {32, 1, 1},
       {8192, 524288, 524288, 16384},
       {},
       {scalar(2048)}},
      {"mma_gemm",
       "N = 1024",
       {16, 16, 1},
       {128, 1, 1},
       {2 * million, 2 * million, 4 * million},
       {},
       {scalar(1024)},
       2147483648.0},
  };
}

struct Figures {
  double seconds = 0;      // of the fastest run
  double cpu_seconds = 0;  // least, of all threads together
  double instructions = 0;
};

double process_cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Figures measure(const Case& bench, const ptx::VirtualDeviceOptions& options) {
  const DevicePtr device = ptx::make_virtual_device(options);
  std::optional<Fault> fault;
  const ModulePtr module =
      device->load({Image::Kind::Ptx, read_file(FITEST_BENCH_PTX), "compute_80"}, fault);
  Launch launch;
  launch.kernel = bench.kernel;
  launch.grid = bench.grid;
  launch.block = bench.block;
  launch.arguments = bench.scalars_before;
  std::vector<BufferPtr> buffers;
  for (const std::size_t bytes : bench.buffers) {
    const bool is_output = buffers.size() + 1 == bench.buffers.size();
    buffers.push_back(
        device->allocate({"buffer", bytes, is_output ? Access::Output : Access::Input}));
    device->upload(*buffers.back(), std::vector<std::byte>(bytes));
    launch.arguments.push_back(scalar(buffers.back()->address()));
  }
  for (const KernelArgument& argument : bench.scalars_after) launch.arguments.push_back(argument);
  Figures best;
  for (int run = 0; run < 3; ++run) {
    const std::uint64_t before = ptx::executed_instructions(*device);
    const double cpu_before = process_cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    fault = device->launch(*module, launch);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    if (fault) {
      fmt::print("{}\n", describe(*fault));
      return best;
    }
    const double cpu = process_cpu_seconds() - cpu_before;
    if (run == 0 || elapsed.count() < best.seconds) best.seconds = elapsed.count();
    if (run == 0 || cpu < best.cpu_seconds) best.cpu_seconds = cpu;
    best.instructions = static_cast<double>(ptx::executed_instructions(*device) - before);
  }
  return best;
}

enum class Checks { None, Default, All };

ptx::VirtualDeviceOptions options_of(Checks checks, std::size_t threads) {
  ptx::VirtualDeviceOptions options;
  options.threads = threads;
  options.check_memory = options.check_sync = checks != Checks::None;
  options.check_init = options.check_race = checks == Checks::All;
  return options;
}

constexpr std::array kChecks{Checks::None, Checks::Default, Checks::All};
constexpr std::array<std::string_view, 3> kCheckNames{"none", "default", "all"};

// `only`: the one of kCheckNames, or empty for all of them.
void report(const Case& bench, std::string_view only) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::string flops;
  fmt::print("{:<11}{:<13}", bench.kernel, bench.note);
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    if (!only.empty() && only != kCheckNames[i]) continue;
    for (const std::size_t threads : {std::size_t{1}, cores}) {
      const Figures figures = measure(bench, options_of(kChecks[i], threads));
      fmt::print("{:>7.2f} ({:.2f})", figures.instructions / figures.seconds * 1e-9,
                 figures.instructions / figures.cpu_seconds * 1e-9);
      flops += fmt::format("{:>7.1f} ({:.1f})", bench.flops / figures.seconds * 1e-9,
                           bench.flops / figures.cpu_seconds * 1e-9);
    }
  }
  fmt::print("\n");
  if (bench.flops > 0) fmt::print("{:<24}{}\n", "  GFLOP/s", flops);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  fmt::print(
      "10^9 thread-instructions per second (per second of CPU time, "
      "which other load does not\n"
      "change): one thread, all threads; without checks, with the "
      "default ones, with all\n");
  for (const Case& bench : make_cases()) {
    if (argc < 2 || bench.kernel == argv[1]) report(bench, argc > 2 ? argv[2] : "");
  }
  return 0;
}
