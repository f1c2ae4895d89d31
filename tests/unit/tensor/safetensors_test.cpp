// SPDX-License-Identifier: Apache-2.0
#include "tensor/safetensors.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "tensor/generate.h"

namespace fitest {
namespace {

using ::testing::HasSubstr;

class Safetensors : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("fitest-safetensors-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path path() const { return folder_ / "blob.safetensors"; }

  void write_raw(const std::string& header, std::size_t data_bytes) const {
    std::string text;
    for (int i = 0; i < 8; ++i) text += static_cast<char>((header.size() >> (8 * i)) & 0xFF);
    write_file_atomically(path(), text + header + std::string(data_bytes, '\0'));
  }
  std::string refusal() const {
    try {
      read_safetensors_header(path());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Input);
      return error.what();
    }
    return "no error";
  }
  std::string refusal_of(const std::string& header, std::size_t data_bytes) const {
    write_raw(header, data_bytes);
    return refusal();
  }

  std::filesystem::path folder_;
};

void expect_equal(const Tensor& left, const Tensor& right) {
  EXPECT_EQ(left.dtype(), right.dtype());
  EXPECT_EQ(left.shape(), right.shape());
  ASSERT_EQ(left.size_bytes(), right.size_bytes());
  EXPECT_EQ(std::memcmp(left.data(), right.data(), left.size_bytes()), 0);
}

TEST_F(Safetensors, ReadBackWhatWasWritten) {
  const GeneratorKey key{1, "d", "u", "x", 0};
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const DType dtype : {DType::Bool, DType::Float32, DType::Float16, DType::BFloat16,
                            DType::Float8E4M3Fn, DType::Float8E5M2, DType::Float4E2M1, DType::Int64,
                            DType::Int32, DType::Int16, DType::Int8}) {
    tensors.emplace_back(name_of(dtype), generate_random(dtype, {3, 2, 5}, key));
  }
  tensors.emplace_back("empty", Tensor(DType::Float32, {0, 4}));
  tensors.emplace_back("scalar \"quoted\"", scalar_tensor(DType::Float64, 0.1));
  write_safetensors(path(), tensors, {{"seed", "1"}});
  const auto read = read_safetensors(path());
  EXPECT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    expect_equal(read.at(name), tensor);
    expect_equal(read_safetensor(path(), name), tensor);
  }
}

TEST_F(Safetensors, AlignTheDataToEightBytes) {
  write_safetensors(path(), {{"a", Tensor(DType::Int8, {3})}});
  const std::string text = read_file(path());
  std::uint64_t length = 0;
  std::memcpy(&length, text.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  EXPECT_EQ(text.size(), 8 + length + 3);
  EXPECT_EQ(text[8], '{');
}

TEST_F(Safetensors, ListTheEntriesInTheOrderOfTheirData) {
  write_safetensors(path(), {{"b", Tensor(DType::Int8, {3})}, {"a", Tensor(DType::Int32, {2, 2})}});
  const auto entries = read_safetensors_header(path());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "b");
  EXPECT_EQ(entries[1].begin, 3u);
  EXPECT_EQ(entries[1].end, 19u);
}

TEST_F(Safetensors, ReadOneSmallTensorOfAHugeFileAtOnce) {
  const std::string header =
      R"({"big":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]},)"
      R"("small":{"dtype":"I8","shape":[2],"data_offsets":[1099511627776,1099511627778]}})";
  write_raw(header, 0);
  std::filesystem::resize_file(path(), 8 + header.size() + 1099511627778u);  // sparse
  EXPECT_EQ(read_safetensor(path(), "small").count(), 2u);
}

TEST_F(Safetensors, NameTheTensorsThatThereAreWhenOneIsMissing) {
  write_safetensors(path(), {{"kv_indptr", Tensor(DType::Int32, {3})}});
  try {
    read_safetensor(path(), "indptr");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no tensor \"indptr\"; it has \"kv_indptr\""));
  }
}

TEST_F(Safetensors, NameGitLfsPointersAndTheCommandThatFetchesThem) {
  write_file_atomically(path(), std::string_view("version https://git-lfs.github.com/spec/v1\n"
                                                 "oid sha256:00\nsize 12\n"));
  EXPECT_THAT(refusal(), HasSubstr("is a Git LFS pointer"));
  EXPECT_THAT(refusal(), HasSubstr("git lfs pull --include \"" + path().string() + "\""));
}

TEST_F(Safetensors, MustExist) {
  try {
    read_safetensors_header(folder_ / "none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    EXPECT_THAT(error.what(), HasSubstr("No such file"));
  }
}

TEST_F(Safetensors, RefuseImpossibleHeaderLengths) {
  write_file_atomically(path(), std::string_view("\x10"));
  EXPECT_THAT(refusal(), HasSubstr("it has 1 bytes"));
  write_file_atomically(path(), std::string_view("\x10\0\0\0\0\0\0\0{}", 10));
  EXPECT_THAT(refusal(), HasSubstr("its header would have 16 bytes, but the file has only 10"));
  write_file_atomically(path(), std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  EXPECT_THAT(refusal(), HasSubstr("100000000 is the limit"));
}

TEST_F(Safetensors, RefuseHeadersThatAreNotObjects) {
  EXPECT_THAT(refusal_of("[]", 0), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(refusal_of("{\"a\": ", 0), HasSubstr("header:1:"));
  EXPECT_THAT(refusal_of("", 0), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(refusal_of(R"({"a":3})", 0),
              HasSubstr("tensor \"a\" must be an object, not an integer"));
}

TEST_F(Safetensors, RefuseBadMembers) {
  EXPECT_THAT(refusal_of(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1),
              HasSubstr("tensor \"a\" lacks \"dtype\""));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I7","shape":[1],"data_offsets":[0,1]}})", 1),
              HasSubstr("tensor \"a\" has an unknown dtype"));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I8","shape":[-1],"data_offsets":[0,1]}})", 1),
              HasSubstr("the shape of \"a\" must hold integers of 0 or more"));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I8","shape":[1.5],"data_offsets":[0,1]}})", 1),
              HasSubstr("the shape of \"a\" must hold integers of 0 or more"));
  EXPECT_THAT(refusal_of(R"({"__metadata__":{"a":1}})", 0), HasSubstr("must hold strings"));
}

TEST_F(Safetensors, RefuseOffsetsThatDoNotFit) {
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[-1,0]}})", 1),
              HasSubstr("data_offsets of \"a\" must hold integers of 0 or more"));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[1,0]}})", 1),
              HasSubstr("with begin <= end"));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I8","shape":[9],"data_offsets":[0,9]}})", 4),
              HasSubstr("ends at byte 9 of the data, but the file holds only 4"));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"I32","shape":[2],"data_offsets":[0,4]}})", 4),
              HasSubstr("has 4 bytes, but int32 of shape [2] takes 64 bits"));
  EXPECT_THAT(refusal_of(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2),
              HasSubstr("takes 12 bits"));
  const std::string huge = R"({"a":{"dtype":"I32","shape":[4294967296,4294967296,4294967296],)";
  EXPECT_THAT(refusal_of(huge + R"("data_offsets":[0,0]}})", 0), HasSubstr("64 bits can count"));
  const std::string large = R"({"a":{"dtype":"F64","shape":[4611686018427387904],)";
  EXPECT_THAT(refusal_of(large + R"("data_offsets":[0,0]}})", 0),
              HasSubstr("larger than the file"));
}

TEST_F(Safetensors, RefuseOverlapsHolesAndTrailingBytes) {
  const std::string first = R"({"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},)";
  EXPECT_THAT(refusal_of(first + R"("b":{"dtype":"I8","shape":[4],"data_offsets":[2,6]}})", 6),
              HasSubstr("tensor \"b\" overlaps the one before it"));
  EXPECT_THAT(refusal_of(first + R"("b":{"dtype":"I8","shape":[4],"data_offsets":[6,10]}})", 10),
              HasSubstr("bytes 4 to 6 of its data belong to no tensor"));
  EXPECT_THAT(refusal_of(first + R"("b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}})", 10),
              HasSubstr("bytes 8 to 10 of its data belong to no tensor"));
}

TEST_F(Safetensors, RefuseDuplicateNames) {
  const std::string entry = R"("a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_THAT(refusal_of("{" + entry + "," + entry + "}", 1), HasSubstr("\"a\""));
  try {
    write_safetensors(path(), {{"a", Tensor()}, {"a", Tensor()}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("have the name \"a\""));
  }
}

}  // namespace
}  // namespace fitest
