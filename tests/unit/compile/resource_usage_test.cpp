// SPDX-License-Identifier: Apache-2.0
#include "compile/resource_usage.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "compile/compiler.h"

namespace fitest {
namespace {

constexpr const char* kLog =
    "k.cu(3): warning: variable \"n\" was declared but never referenced\n"
    "ptxas info    : 0 bytes gmem\n"
    "ptxas info    : Compiling entry function '_Z4tilePf' for 'sm_90a'\n"
    "ptxas info    : Function properties for _Z4helpPf\n"
    "ptxas         .     64 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads\n"
    "ptxas info    : Function properties for _Z4tilePf\n"
    "ptxas         .     640 bytes stack frame, 1140 bytes spill stores, 1260 bytes spill loads\n"
    "ptxas info    : Used 24 registers, used 1 barriers, 704 bytes cumulative stack size, 400 "
    "bytes smem, 364 bytes cmem[0]\n"
    "ptxas info    : Compile time = 122.954 ms\n"
    "ptxas info    : Compiling entry function 'plain' for 'sm_90a'\n"
    "ptxas info    : Function properties for plain\n"
    "ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
    "ptxas info    : Used 9 registers, used 0 barriers, 364 bytes cmem[0]\n";

TEST(ResourceUsage, IsReadForEachKernelOfALog) {
  const auto usages = read_resource_usage(kLog);
  ASSERT_EQ(usages.size(), 2u);
  const ResourceUsage& tile = usages.at("_Z4tilePf");
  EXPECT_EQ(tile.registers, 24);
  EXPECT_EQ(tile.static_shared_bytes, 400u);
  EXPECT_EQ(tile.stack_bytes, 704u);
  EXPECT_EQ(tile.spill_store_bytes, 1140u);
  EXPECT_EQ(tile.spill_load_bytes, 1260u);
  const ResourceUsage& plain = usages.at("plain");
  EXPECT_EQ(plain.registers, 9);
  EXPECT_EQ(plain.static_shared_bytes, 0u);
  EXPECT_EQ(plain.stack_bytes, 0u);
}

TEST(ResourceUsage, IsEmptyForALogOfSomethingElse) {
  EXPECT_TRUE(read_resource_usage("").empty());
  EXPECT_TRUE(read_resource_usage("k.cu(1): error: expected a ';'\n registers,\n").empty());
}

constexpr const char* kSource = R"cuda(
extern "C" __global__ void __launch_bounds__(1024, 2) many_values(float* x, int n) {
  float a[48];
#pragma unroll
  for (int i = 0; i < 48; i++) a[i] = x[i * n + threadIdx.x];
  for (int j = 0; j < n; j++) {
#pragma unroll
    for (int i = 0; i < 48; i++) a[i] = a[i] * a[(i * 7 + 3) % 48] + j;
  }
#pragma unroll
  for (int i = 0; i < 48; i++) x[i * n + threadIdx.x] = a[i];
}
extern "C" __global__ void shared_tile(float* x) {
  __shared__ float tile[100];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = tile[threadIdx.x ^ 1];
}
extern "C" __global__ void local_array(int* x, int n) {
  int a[64];
  for (int i = 0; i < n; i++) a[x[i] & 63] = i;
  x[0] = a[n & 63];
}
)cuda";

// What the cubin itself says: records of .nv.info (format, attribute, size, then 4-byte words), of
// which 0x2F is a symbol and its registers, 0x11 a symbol and its frame; the size of .nv.shared.
struct CubinFacts {
  std::map<std::string, std::uint32_t> registers;
  std::map<std::string, std::uint32_t> frame;
  std::map<std::string, std::uint64_t> shared;
};

constexpr std::size_t kSectionHeader = 64;
constexpr std::size_t kSymbol = 24;

template <class T>
T at(const std::string& bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

class CubinReader {
 public:
  explicit CubinReader(const std::string& elf) : elf_(elf) {
    const auto count = at<std::uint16_t>(elf_, 0x3C);
    for (std::size_t i = 0; i < count; ++i) sections_[name_of_section(i)] = i;
  }
  CubinFacts read() const {
    CubinFacts facts;
    for (const auto& [name, index] : sections_) {
      if (name.starts_with(".nv.shared.")) facts.shared[name.substr(11)] = size_of(index);
    }
    const std::size_t info = sections_.at(".nv.info");
    for (std::size_t i = begin_of(info); i < begin_of(info) + size_of(info);) {
      const auto attribute = at<std::uint8_t>(elf_, i + 1);
      const bool has_payload = at<std::uint8_t>(elf_, i) == 4;
      if (has_payload && attribute == 0x2F) {
        facts.registers[symbol(at<std::uint32_t>(elf_, i + 4))] = at<std::uint32_t>(elf_, i + 8);
      } else if (has_payload && attribute == 0x11) {
        facts.frame[symbol(at<std::uint32_t>(elf_, i + 4))] = at<std::uint32_t>(elf_, i + 8);
      }
      i += 4 + (has_payload ? at<std::uint16_t>(elf_, i + 2) : 0U);
    }
    return facts;
  }

 private:
  std::size_t header(std::size_t index) const {
    return at<std::uint64_t>(elf_, 0x28) + index * kSectionHeader;
  }
  std::size_t begin_of(std::size_t index) const {
    return at<std::uint64_t>(elf_, header(index) + 24);
  }
  std::size_t size_of(std::size_t index) const {
    return at<std::uint64_t>(elf_, header(index) + 32);
  }
  std::string name_of_section(std::size_t index) const {
    const std::size_t names = begin_of(at<std::uint16_t>(elf_, 0x3E));
    return elf_.c_str() + names + at<std::uint32_t>(elf_, header(index));
  }
  std::string symbol(std::size_t index) const {
    const std::size_t entry = begin_of(sections_.at(".symtab")) + index * kSymbol;
    return elf_.c_str() + begin_of(sections_.at(".strtab")) + at<std::uint32_t>(elf_, entry);
  }

  const std::string& elf_;
  std::map<std::string, std::size_t> sections_;
};

class CubinTest : public testing::TestWithParam<const char*> {};

TEST_P(CubinTest, SaysTheSameItself) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  CompileRequest request;
  request.sources = {{"k.cu", kSource}};
  request.main_path = "k.cu";
  request.options = {kReportResources};
  request.target = GetParam();
  const CompileResult cubin = compile(request);
  ASSERT_TRUE(cubin.succeeded) << cubin.log;
  const auto usages = read_resource_usage(cubin.log);
  const CubinFacts facts = CubinReader(cubin.code).read();
  ASSERT_EQ(usages.size(), 3u) << cubin.log;
  for (const auto& [kernel, usage] : usages) {
    EXPECT_EQ(usage.registers, static_cast<int>(facts.registers.at(kernel))) << kernel;
    EXPECT_EQ(usage.stack_bytes, facts.frame.at(kernel)) << kernel;
    // From sm_90 on, the section includes what the system keeps: 1024 bytes.
    const auto shared = facts.shared.find(kernel);
    EXPECT_EQ(usage.static_shared_bytes, shared == facts.shared.end() ? 0u : shared->second % 1024)
        << kernel;
  }
  EXPECT_EQ(usages.at("shared_tile").static_shared_bytes, 400u);
  EXPECT_EQ(usages.at("local_array").stack_bytes, 256u);
  EXPECT_LE(usages.at("many_values").registers, 32);
  EXPECT_GT(usages.at("many_values").spill_store_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Architectures, CubinTest, testing::Values("sm_80", "sm_90a"));

}  // namespace
}  // namespace fitest
