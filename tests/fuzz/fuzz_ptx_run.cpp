// SPDX-License-Identifier: Apache-2.0
// Mutated kernels, decoded and executed under a budget of instructions and of memory: each must end
// with results or with a Fault. Lines are exchanged, repeated, dropped and mixed besides bytes, so
// that most inputs still parse. Good seeds: tests/ptx.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ptx/virtual_device.h"

extern "C" std::size_t LLVMFuzzerMutate(unsigned char* data, std::size_t size, std::size_t max);

namespace fitest::ptx {
namespace {

constexpr std::size_t kBufferBytes = 1024;
constexpr std::size_t kMostParameterBytes = 4096;

Device& device() {
  static const DevicePtr kDevice = [] {
    VirtualDeviceOptions options;
    options.memory_bytes = std::size_t{1} << 20;
    options.threads = 1;
    options.instruction_budget = 8'000;
    options.check_init = options.check_race = true;
    return make_virtual_device(options);
  }();
  return *kDevice;
}

// Every 64-bit parameter is the address of a buffer, all others are zeros.
void launch_kernel(const fitest::Module& module, const std::string& name) {
  const KernelInfo* info = module.find(name);
  if (info == nullptr) return;
  Launch launch;
  launch.kernel = name;
  launch.block = {40, 1, 1};  // a whole warp and a part of one
  launch.grid = {2, 1, 1};
  std::vector<BufferPtr> buffers;
  for (const std::size_t bytes : info->parameter_bytes) {
    if (bytes > kMostParameterBytes || buffers.size() > 16) return;
    KernelArgument argument{"argument", std::vector<std::byte>(bytes)};
    if (bytes == sizeof(std::uint64_t)) {
      buffers.push_back(device().allocate({"buffer", kBufferBytes, Access::Workspace}));
      device().upload(*buffers.back(), std::vector<std::byte>(kBufferBytes));
      const std::uint64_t address = buffers.back()->address();
      std::memcpy(argument.bytes.data(), &address, sizeof address);
    }
    launch.arguments.push_back(std::move(argument));
  }
  device().launch(module, launch);
  device().take_output();
}

void run_text(const std::string& text) {
  try {
    std::optional<Fault> fault;
    const ModulePtr module = device().load({Image::Kind::Ptx, text, "compute_80"}, fault);
    if (!module) return;
    for (const std::string& name : module->kernel_names()) launch_kernel(*module, name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Internal) std::abort();
  }
}

// One change of whole lines, or of one word of a line.
std::string mutate_lines(const std::string& text, std::minstd_rand& random) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.size() < 2) return text;
  const auto any = [&] { return random() % lines.size(); };
  const std::size_t at = any();
  const std::string other = lines[any()];
  switch (random() % 5) {
    case 0:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), other);
      break;
    case 1:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 2:
      std::swap(lines[at], lines[any()]);
      break;
    default: {
      std::vector<std::string> words = split(lines[at], ' ');
      const std::vector<std::string> donors = split(other, ' ');
      words[random() % words.size()] = donors[random() % donors.size()];
      lines[at] = join(words, " ");
    }
  }
  return join(lines, "\n");
}

}  // namespace
}  // namespace fitest::ptx

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 4 == 0) return LLVMFuzzerMutate(data, size, max);
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string mutated = fitest::ptx::mutate_lines(text, random).substr(0, max);
  std::copy(mutated.begin(), mutated.end(), data);
  return mutated.size();
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  fitest::ptx::run_text(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
