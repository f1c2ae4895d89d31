// SPDX-License-Identifier: Apache-2.0
#include "run/device_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "base/error.h"
#include "base/file.h"
#include "compile/compiler.h"
#include "device/hardware.h"
#include "document/document.h"

namespace fitest {
namespace {

constexpr int kRuns = 10;
constexpr std::size_t kCopyBytes = std::size_t{512} << 20;  // many times any L2 cache
constexpr std::uint32_t kProducts = 2048;                   // of 64 by 256 by 64, a warpgroup
constexpr std::uint32_t kGroupsPerSm = 2;
constexpr double kFlopsPerProduct = 2.0 * 64 * 256 * 64;

// Matrix units at work on shared memory, whose tiles hold random numbers: zeros would be faster.
// What is computed does not matter; the tiles lie as wgmma's 128-byte swizzle has them.
constexpr const char* kMatrixKernel = R"cuda(
__device__ unsigned long long tile_descriptor(const void* tile) {
  const unsigned long long address = __cvta_generic_to_shared(tile);
  return (address & 0x3FFFF) >> 4 | 1ull << 16 | 64ull << 32 | 1ull << 62;
}

extern "C" __global__ void __launch_bounds__(128) matrix_rate(float* out, unsigned products) {
  __shared__ __align__(1024) unsigned tiles[10240];
  for (unsigned i = threadIdx.x; i < 10240; i += 128) {
    unsigned word = (i + 1) * 2654435761u;
    word ^= word >> 15;
    word *= 2246822519u;
    word ^= word >> 13;
    tiles[i] = 0x3F003F00u | (word & 0x80FF80FFu);
  }
  asm volatile("fence.proxy.async.shared::cta;");
  __syncthreads();
  float sum[128] = {};
  const unsigned long long a = tile_descriptor(tiles);
  const unsigned long long b = tile_descriptor(tiles + 2048);
  for (unsigned i = 0; i < products; ++i) {
    asm volatile("wgmma.fence.sync.aligned;");
    for (int step = 0; step < 8; step += 2) {
      asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {@registers@}, %128, "
                   "%129, 1, 1, 1, 0, 0;" : @operands@ : "l"(a + step), "l"(b + step));
    }
    asm volatile("wgmma.commit_group.sync.aligned;");
    asm volatile("wgmma.wait_group.sync.aligned 0;");
  }
  float total = 0;
  for (int i = 0; i < 128; ++i) total += sum[i];
  out[blockIdx.x * 128 + threadIdx.x] = total;
}
)cuda";

std::string matrix_source() {
  std::string registers;
  std::string operands;
  for (int i = 0; i < 128; ++i) {
    registers += fmt::format("{}%{}", i == 0 ? "" : ", ", i);
    operands += fmt::format("{}\"+f\"(sum[{}])", i == 0 ? "" : ", ", i);
  }
  std::string source = kMatrixKernel;
  const auto put = [&source](std::string_view mark, const std::string& text) {
    source.replace(source.find(mark), mark.size(), text);
  };
  put("@registers@", registers);
  put("@operands@", operands);
  return source;
}

double best_ms(Device& device, const std::function<void()>& body) {
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    const double milliseconds = device.time(body).milliseconds;
    if (milliseconds > 0 && (best == 0 || milliseconds < best)) best = milliseconds;
  }
  return best;
}

double copy_rate(Device& device) {
  const BufferPtr source = device.allocate({"copied from", kCopyBytes, Access::Workspace});
  const BufferPtr target = device.allocate({"copied to", kCopyBytes, Access::Workspace});
  device.poison(*source);
  device.synchronize();
  const double ms = best_ms(device, [&] { copy_buffer(device, *target, *source); });
  return ms > 0 ? 2e3 * static_cast<double>(kCopyBytes) / ms : 0;
}

template <class T>
KernelArgument argument(const char* name, T value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {name, {bytes.begin(), bytes.end()}};
}

// 0 where the GPU has no wgmma or NVRTC cannot compile it.
double matrix_rate(Device& device) {
  const DeviceProperties& properties = device.properties();
  if (properties.compute_major != 9) return 0;
  CompileRequest request;
  request.sources = {{"matrix_rate.cu", matrix_source()}};
  request.main_path = "matrix_rate.cu";
  request.name_expressions = {"matrix_rate"};
  request.target = "sm_90a";
  const CompileResult image = compile(request);
  if (!image.succeeded) return 0;
  std::optional<Fault> fault;
  const ModulePtr module = device.load({Image::Kind::Cubin, image.code, request.target}, fault);
  if (fault) return 0;
  const auto blocks = static_cast<std::uint32_t>(properties.sm_count) * kGroupsPerSm;
  const BufferPtr out =
      device.allocate({"sums", std::size_t{blocks} * 128 * sizeof(float), Access::Workspace});
  const Launch launch{image.names.at("matrix_rate"),
                      {blocks, 1, 1},
                      {128, 1, 1},
                      std::nullopt,
                      0,
                      {argument("out", out->address()), argument("products", kProducts)}};
  const double ms = best_ms(device, [&] { device.launch(*module, launch); });
  return ms > 0 ? 1e3 * kFlopsPerProduct * kProducts * blocks / ms : 0;
}

std::optional<DeviceRates> read_rates(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  Diagnostics diagnostics;
  const Value document = read_document(file, diagnostics);
  if (!diagnostics.ok() || !document.is_object()) return std::nullopt;
  const Value* copy = document.find("copy_bytes_per_second");
  const Value* matrix = document.find("matrix_flops");
  if (copy == nullptr || matrix == nullptr || !copy->is_number() || !matrix->is_number()) {
    return std::nullopt;
  }
  return DeviceRates{copy->number(), matrix->number()};
}

}  // namespace

std::optional<DeviceRates> rates_of(Device& device) {
  if (!is_hardware(device)) return std::nullopt;
  const std::filesystem::path file =
      cache_directory() / "rates" / (device.properties().uuid + ".json");
  if (auto known = read_rates(file)) return known;
  const DeviceRates rates{copy_rate(device), matrix_rate(device)};
  write_file_atomically(
      file, write_json(Value::Object{{"copy_bytes_per_second", Value(rates.copy_bytes_per_second)},
                                     {"matrix_flops", Value(rates.matrix_flops)}}) +
                "\n");
  return rates;
}

}  // namespace fitest
