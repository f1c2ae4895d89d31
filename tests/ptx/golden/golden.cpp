// SPDX-License-Identifier: Apache-2.0
#include "ptx/golden/golden.h"

#include <fmt/format.h>

#include <cstring>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "compile/compiler.h"

namespace fitest::golden {
namespace {

constexpr std::uint32_t kThreads = 256;
constexpr std::uint32_t kSamples = 1u << 16;  // of a sampled histogram
constexpr std::uint32_t kProductWarps = 4;

[[noreturn]] void give_up(const std::string& text) {
  fail(ErrorKind::Internal, text);
}

template <class T>
KernelArgument argument(const char* name, T value) {
  KernelArgument bound{name, std::vector<std::byte>(sizeof value)};
  std::memcpy(bound.bytes.data(), &value, sizeof value);
  return bound;
}

bool is_words(Kind kind) {
  return kind == Kind::Words || kind == Kind::Products;
}

Launch launch_of(const Row& row, std::uint32_t stride) {
  Launch launch;
  launch.kernel = row.kernel;
  launch.block.x = is_words(row.kind) ? 32 : kThreads;
  if (row.kind == Kind::Products) launch.grid.x = kProductWarps;
  if (row.kind == Kind::Histogram) launch.grid.x = stride == 1 ? 1u << 16 : 64;
  if (row.kind == Kind::Histogram16 || row.kind == Kind::Sum) launch.grid.x = 65536 / kThreads;
  return launch;
}

template <class T>
Numbers read(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return {values.begin(), values.end()};
}

std::size_t result_bytes(Kind kind) {
  if (kind == Kind::Products) return kProductWarps * 32 * 4 * sizeof(std::uint32_t);
  return kind == Kind::Words ? 32 * 16 * sizeof(std::uint32_t) : kBins * sizeof(std::uint64_t);
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"ex2_approx_f32", Kind::Histogram},
      {"ex2_approx_ftz_f32", Kind::Histogram},
      {"lg2_approx_f32", Kind::Histogram},
      {"lg2_approx_ftz_f32", Kind::Histogram},
      {"rcp_approx_f32", Kind::Histogram},
      {"rcp_approx_ftz_f32", Kind::Histogram},
      {"sqrt_approx_f32", Kind::Histogram},
      {"sqrt_approx_ftz_f32", Kind::Histogram},
      {"rsqrt_approx_f32", Kind::Histogram},
      {"rsqrt_approx_ftz_f32", Kind::Histogram},
      {"tanh_approx_f32", Kind::Histogram},
      {"sin_approx_f32", Kind::Histogram},
      {"sin_approx_ftz_f32", Kind::Histogram},
      {"cos_approx_f32", Kind::Histogram},
      {"cos_approx_ftz_f32", Kind::Histogram},
      {"div_approx_f32", Kind::Histogram},
      {"div_full_f32", Kind::Histogram},
      {"ex2_approx_f16", Kind::Histogram16},
      {"ex2_approx_ftz_bf16", Kind::Histogram16},

      {"tanh_approx_bf16", Kind::Histogram16},
      {"tanh_approx_f16x2", Kind::Histogram16},
      {"tanh_approx_bf16x2", Kind::Histogram16},
      {"ex2_approx_f16x2", Kind::Histogram16},
      {"ex2_approx_ftz_bf16x2", Kind::Histogram16},
      {"cvt_f32_f16", Kind::Sum},
      {"cvt_rzi_s32_f16", Kind::Sum},
      {"cvt_f16x2_e4m3x2", Kind::Sum},
      {"cvt_f16x2_e5m2x2", Kind::Sum},
      {"cvt_rn_f16_f32", Kind::Sum},
      {"cvt_rz_f16_f32", Kind::Sum},
      {"cvt_rn_bf16_f32", Kind::Sum},
      {"cvt_rn_e4m3x2_f32", Kind::Sum},
      {"cvt_rn_e5m2x2_f32", Kind::Sum},
      {"cvt_rna_tf32_f32", Kind::Sum},

      {"mma_f16", Kind::Products},
      {"mma_bf16", Kind::Products},
      {"mma_tf32", Kind::Products},
      {"mma_e4m3", Kind::Products},
      {"mma_e5m2", Kind::Products},
      {"mma_s8", Kind::Products},
      {"mma_u8", Kind::Products},
      {"wmma_a_f16_row", Kind::Words},
      {"wmma_a_f16_col", Kind::Words},
      {"wmma_b_f16_row", Kind::Words},
      {"wmma_b_f16_col", Kind::Words},
      {"wmma_a_f16_m32n8k16", Kind::Words},
      {"wmma_b_f16_m8n32k16", Kind::Words},

      {"wmma_a_bf16_row", Kind::Words},
      {"wmma_b_bf16_col", Kind::Words},
      {"wmma_a_u8_row", Kind::Words},
      {"wmma_b_u8_col", Kind::Words},
      {"wmma_c_f32", Kind::Words},
      {"wmma_c_f16", Kind::Words},
      {"wmma_c_s32", Kind::Words},
      {"wmma_c_f32_m32n8k16", Kind::Words},
  };
  return all;
}

ModulePtr load_module(Device& device) {
  CompileRequest request;
  request.sources = {{"golden.cu", read_file(FITEST_GOLDEN_DIR "/golden.cu")}};
  request.main_path = "golden.cu";
  request.target = "compute_90";
  const CompileResult compiled = compile(request);
  if (!compiled.succeeded) give_up(compiled.log);
  std::optional<Fault> fault;
  ModulePtr module = device.load({Image::Kind::Ptx, compiled.code, request.target}, fault);
  if (fault) give_up(describe(*fault));
  return module;
}

Numbers run_row(const Row& row, Device& device, const Module& module, std::uint32_t stride) {
  std::vector<std::byte> bytes(result_bytes(row.kind));
  const BufferPtr buffer = device.allocate({"result", bytes.size(), Access::Workspace});
  device.upload(*buffer, bytes);
  Launch launch = launch_of(row, stride);
  if (!is_words(row.kind)) {
    launch.arguments.push_back(argument("stride", stride));
    launch.arguments.push_back(argument("each", stride == 1 ? 256u : kSamples / (64 * kThreads)));
  }
  launch.arguments.push_back(argument("result", buffer->address()));
  std::optional<Fault> fault = device.launch(module, launch);
  if (!fault) fault = device.synchronize();
  if (fault) give_up(describe(*fault));
  device.download(*buffer, bytes);
  return is_words(row.kind) ? read<std::uint32_t>(bytes) : read<std::uint64_t>(bytes);
}

std::string to_text(const std::string& recorded_by, const File& file) {
  std::string text = "# " + recorded_by + "\n";
  for (const auto& [kernel, numbers] : file) {
    text += kernel;
    for (const std::uint64_t number : numbers) text += fmt::format(" {:x}", number);
    text += '\n';
  }
  return text;
}

File from_text(const std::string& text) {
  File file;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string kernel;
    words >> kernel >> std::hex;
    for (std::uint64_t number = 0; words >> number;) file[kernel].push_back(number);
  }
  return file;
}

}  // namespace fitest::golden
