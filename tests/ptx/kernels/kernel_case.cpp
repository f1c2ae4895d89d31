// SPDX-License-Identifier: Apache-2.0
#include "ptx/kernels/kernel_case.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/file.h"
#include "base/philox.h"
#include "base/small_float.h"
#include "compile/compiler.h"

namespace fitest::kernels {
namespace {

constexpr std::size_t kMismatchesShown = 4;

template <class T>
T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void write(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

double load(Store store, const std::byte* at) {
  switch (store) {
    case Store::F64:
      return read<double>(at);
    case Store::F32:
      return read<float>(at);
    case Store::F16:
      return half_to_float(read<std::uint16_t>(at));
    case Store::BF16:
      return bfloat16_to_float(read<std::uint16_t>(at));
    case Store::E4M3:
      return e4m3fn_to_float(read<std::uint8_t>(at));
    case Store::E5M2:
      return e5m2_to_float(read<std::uint8_t>(at));
    case Store::S8:
      return read<std::int8_t>(at);
    case Store::U8:
      return read<std::uint8_t>(at);
    case Store::S32:
      return read<std::int32_t>(at);
    case Store::U32:
      return read<std::uint32_t>(at);
    case Store::S64:
      return static_cast<double>(read<std::int64_t>(at));
  }
  return 0;
}

void save(Store store, double value, std::byte* at) {
  const auto narrow = static_cast<float>(value);
  switch (store) {
    case Store::F64:
      return write(at, value);
    case Store::F32:
      return write(at, narrow);
    case Store::F16:
      return write(at, float_to_half(narrow));
    case Store::BF16:
      return write(at, float_to_bfloat16(narrow));
    case Store::E4M3:
      return write(at, float_to_e4m3fn(narrow, Overflow::Saturate));
    case Store::E5M2:
      return write(at, float_to_e5m2(narrow, Overflow::Saturate));
    case Store::S8:
      return write(at, static_cast<std::int8_t>(value));
    case Store::U8:
      return write(at, static_cast<std::uint8_t>(value));
    case Store::S32:
      return write(at, static_cast<std::int32_t>(value));
    case Store::U32:
      return write(at, static_cast<std::uint32_t>(value));
    case Store::S64:
      return write(at, static_cast<std::int64_t>(value));
  }
}

bool is_integer(Store store) {
  return store >= Store::S8;
}

bool fits(double got, double expected, Tolerance tolerance) {
  if (std::isnan(expected)) return std::isnan(got);
  if (got == expected) return true;
  return std::abs(got - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

std::string compare(const KernelArgumentCase& argument, const std::vector<std::byte>& bytes) {
  const Values got = unpack(argument.store, bytes);
  std::string text;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < argument.expected.size(); ++i) {
    if (fits(got[i], argument.expected[i], argument.tolerance)) continue;
    if (++wrong > kMismatchesShown) continue;
    text +=
        fmt::format("{}[{}] is {}, expected {}\n", argument.name, i, got[i], argument.expected[i]);
  }
  if (wrong == 0) return "";
  return text + fmt::format("{} of {} elements of {} are wrong\n", wrong, argument.expected.size(),
                            argument.name);
}

Access access_of(KernelArgumentCase::Role role) {
  if (role == KernelArgumentCase::Role::Input) return Access::Input;
  return role == KernelArgumentCase::Role::Output ? Access::Output : Access::Workspace;
}

std::vector<BufferPtr> bind_arguments(const KernelCase& kernel, Device& device, Launch& launch) {
  std::vector<BufferPtr> buffers;
  for (const KernelArgumentCase& argument : kernel.arguments) {
    if (argument.role == KernelArgumentCase::Role::Scalar) {
      launch.arguments.push_back({argument.name, argument.bytes});
      continue;
    }
    BufferPtr buffer =
        device.allocate({argument.name, argument.size_bytes, access_of(argument.role)});
    device.poison(*buffer);
    if (!argument.bytes.empty()) device.upload(*buffer, argument.bytes);
    const std::uint64_t address = buffer->address();
    KernelArgument pointer{argument.name, std::vector<std::byte>(sizeof address)};
    std::memcpy(pointer.bytes.data(), &address, sizeof address);
    launch.arguments.push_back(std::move(pointer));
    buffers.push_back(std::move(buffer));
  }
  return buffers;
}

std::string compare_outputs(const KernelCase& kernel, const std::vector<BufferPtr>& buffers,
                            Device& device) {
  std::string text;
  std::size_t next = 0;
  for (const KernelArgumentCase& argument : kernel.arguments) {
    if (argument.role == KernelArgumentCase::Role::Scalar) continue;
    const Buffer& buffer = *buffers[next++];
    if (const auto fault = device.check_guards(buffer)) text += describe(*fault) + "\n";
    if (argument.expected.empty()) continue;
    std::vector<std::byte> bytes(argument.size_bytes);
    device.download(buffer, bytes);
    text += compare(argument, bytes);
  }
  return text;
}

}  // namespace

std::size_t bytes_of(Store store) {
  if (store == Store::F64 || store == Store::S64) return 8;
  if (store == Store::F32 || store == Store::S32 || store == Store::U32) return 4;
  return store == Store::F16 || store == Store::BF16 ? 2 : 1;
}

std::vector<std::byte> pack(Store store, const Values& values) {
  std::vector<std::byte> bytes(values.size() * bytes_of(store));
  for (std::size_t i = 0; i < values.size(); ++i) {
    save(store, values[i], bytes.data() + i * bytes_of(store));
  }
  return bytes;
}

Values unpack(Store store, const std::vector<std::byte>& bytes) {
  Values values(bytes.size() / bytes_of(store));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = load(store, bytes.data() + i * bytes_of(store));
  }
  return values;
}

double rounded(Store store, double value) {
  std::byte bytes[sizeof(double)];
  save(store, value, bytes);
  return load(store, bytes);
}

Values random_values(Store store, std::size_t count, std::uint64_t seed, Range range) {
  Values values(count);
  const PhiloxKey key = {static_cast<std::uint32_t>(seed), 7};
  for (std::size_t i = 0; i < count; ++i) {
    const PhiloxBlock words = philox4x32_10({static_cast<std::uint32_t>(i), 0, 0, 0}, key);
    const double value = range.low + (range.high - range.low) * (words[0] / 4294967296.0);
    values[i] = rounded(store, is_integer(store) ? std::floor(value) : value);
  }
  return values;
}

KernelCase& KernelCase::in(const std::string& argument, Store store, const Values& values) {
  std::vector<std::byte> bytes = pack(store, values);
  const std::size_t size = bytes.size();
  arguments.push_back(
      {argument, KernelArgumentCase::Role::Input, store, std::move(bytes), {}, {}, size});
  return *this;
}

KernelCase& KernelCase::out(const std::string& argument, Store store, const Values& expected,
                            Tolerance tolerance) {
  arguments.push_back({argument,
                       KernelArgumentCase::Role::Output,
                       store,
                       {},
                       expected,
                       tolerance,
                       expected.size() * bytes_of(store)});
  return *this;
}

KernelCase& KernelCase::in_out(const std::string& argument, Store store, const Change& change,
                               Tolerance tolerance) {
  std::vector<std::byte> bytes = pack(store, change.before);
  const std::size_t size = bytes.size();
  arguments.push_back({argument, KernelArgumentCase::Role::InOut, store, std::move(bytes),
                       change.after, tolerance, size});
  return *this;
}

KernelCase& KernelCase::workspace(const std::string& argument, std::size_t size_bytes) {
  arguments.push_back({argument,
                       KernelArgumentCase::Role::InOut,
                       Store::U8,
                       std::vector<std::byte>(size_bytes),
                       {},
                       {},
                       size_bytes});
  return *this;
}

std::string run_case(const KernelCase& kernel, const std::string& target, Device& device) {
  CompileRequest request;
  request.sources = {
      {kernel.source, read_file(std::string(FITEST_KERNELS_DIR "/") + kernel.source)}};
  request.main_path = kernel.source;
  request.target = target;
  const CompileResult compiled = compile(request);
  if (!compiled.succeeded) return compiled.log;
  std::optional<Fault> fault;
  const ModulePtr module = device.load({Image::Kind::Ptx, compiled.code, target}, fault);
  if (fault) return describe(*fault);
  Launch launch;
  launch.kernel = kernel.name;
  launch.grid = kernel.grid;
  launch.block = kernel.block;
  launch.dynamic_shared_bytes = kernel.shared_bytes;
  launch.cooperative = kernel.cooperative;
  const std::vector<BufferPtr> buffers = bind_arguments(kernel, device, launch);
  fault = device.launch(*module, launch);
  if (!fault) fault = device.synchronize();
  if (fault) return describe(*fault);
  std::string text = compare_outputs(kernel, buffers, device);
  const std::string printed = device.take_output();
  if (printed != kernel.printed) {
    text += fmt::format("printed '{}', expected '{}'\n", printed, kernel.printed);
  }
  return text;
}

}  // namespace fitest::kernels
