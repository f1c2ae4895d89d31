// SPDX-License-Identifier: Apache-2.0
#include "base/message_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "base/shared_memory.h"

namespace fitest {
namespace {

SocketDeadline soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}

TEST(MessageSocket, MessagesArriveWholeAndInOrder) {
  const SocketPair ends = make_socket_pair();
  const std::string large(std::size_t{3} << 20, 'x');
  std::thread sender([&] {
    EXPECT_EQ(send_message(ends.first.get(), large, {}, soon()), MessageEnd::Whole);
    EXPECT_EQ(send_message(ends.first.get(), "", {}, soon()), MessageEnd::Whole);
    EXPECT_EQ(send_message(ends.first.get(), "end", {}, soon()), MessageEnd::Whole);
  });
  EXPECT_EQ(receive_message(ends.second.get(), soon()).text, large);
  EXPECT_EQ(receive_message(ends.second.get(), soon()).text, "");
  EXPECT_EQ(receive_message(ends.second.get(), soon()).text, "end");
  sender.join();
}

TEST(MessageSocket, DescriptorsGoAlong) {
  const SocketPair ends = make_socket_pair();
  SharedMemory memory = SharedMemory::of_size(16);
  memory.bytes()[5] = std::byte{9};
  send_message(ends.first.get(), "memory", {memory.descriptor(), memory.descriptor()}, soon());
  const ReceivedMessage message = receive_message(ends.second.get(), soon());
  ASSERT_EQ(message.descriptors.size(), 2U);
  std::byte read{};
  ASSERT_EQ(::pread(message.descriptors[1].get(), &read, 1, 5), 1);
  EXPECT_EQ(read, std::byte{9});
}

TEST(MessageSocket, AClosedEndAndASilentOneAreToldApart) {
  SocketPair ends = make_socket_pair();
  EXPECT_EQ(receive_message(ends.second.get(), std::chrono::steady_clock::now()).end,
            MessageEnd::TimedOut);
  ends.first.reset();
  EXPECT_EQ(receive_message(ends.second.get(), soon()).end, MessageEnd::Closed);
  EXPECT_EQ(send_message(ends.second.get(), "x", {}, soon()), MessageEnd::Closed);
}

TEST(MessageSocket, ALengthThatNoMessageHasIsNotBelieved) {
  const SocketPair ends = make_socket_pair();
  const std::string header = "\xff\xff\xff\xff\xff\xff\xff\x7f";
  ASSERT_EQ(::send(ends.first.get(), header.data(), header.size(), 0), 8);
  EXPECT_EQ(receive_message(ends.second.get(), soon()).end, MessageEnd::Closed);
}

}  // namespace
}  // namespace fitest
