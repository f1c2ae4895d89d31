// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <gtest/gtest.h>

namespace fitest {
namespace {

// FIPS 180-2, appendix B.1.
TEST(Sha256Test, GivesThePublishedDigests) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, FieldsDoNotRunIntoEachOther) {
  EXPECT_NE(Sha256().field("ab").field("c").hex_digest(),
            Sha256().field("a").field("bc").hex_digest());
  EXPECT_NE(Sha256().field("").field("a").hex_digest(), Sha256().field("a").hex_digest());
}

TEST(Sha256Test, TheSameFieldsGiveTheSameDigest) {
  EXPECT_EQ(Sha256().field("a").field("b").hex_digest(),
            Sha256().field("a").field("b").hex_digest());
}

}  // namespace
}  // namespace fitest
