import Kernels
import Testing

@Suite("Field batch")
struct FieldBatchTests {
  @Test("appended samples stand at the end, in order")
  func append() {
    var batch = FieldBatch(capacity: 3)
    batch.append(position: [1, 2, 3], direction: [0, 0, 1])
    batch.append(position: [4, 5, 6], direction: [1, 0, 0])
    #expect(batch.count == 2 && batch.capacity == 3)
    #expect([batch.x[1], batch.y[1], batch.z[1]] == [4, 5, 6])
    #expect([batch.directionX[0], batch.directionY[0], batch.directionZ[0]] == [0, 0, 1])
    #expect([batch.directionX[1], batch.directionY[1], batch.directionZ[1]] == [1, 0, 0])
  }

  @Test("a batch is refilled by setting its count to zero")
  func refill() {
    var batch = FieldBatch(capacity: 1)
    batch.append(position: [1, 2, 3], direction: [0, 0, 1])
    batch.count = 0
    batch.append(position: [7, 8, 9], direction: [0, 1, 0])
    #expect(batch.count == 1)
    #expect([batch.x[0], batch.y[0], batch.z[0]] == [7, 8, 9])
  }
}
