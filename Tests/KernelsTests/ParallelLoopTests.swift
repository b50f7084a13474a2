import Kernels
import Synchronization
import Testing

@Suite("Parallel loop")
struct ParallelLoopTests {
  static let cases = [0, 1, 2, 7, 1000]

  @Test("results stand in index order", arguments: cases, [1, 2, 3, 8])
  func order(count: Int, threadCount: Int) {
    let squares = ParallelLoop.map(count: count, threadCount: threadCount) { $0 * $0 }
    #expect(squares == (0..<count).map { $0 * $0 })
  }

  @Test("every item is visited once, with its own index", arguments: cases, [1, 2, 3, 8])
  func visits(count: Int, threadCount: Int) {
    var items = [Int](repeating: 0, count: count)
    var workspaces = [[Int]](repeating: [], count: threadCount)
    ParallelLoop.forEach(&items, workspaces: &workspaces) { index, item, visited in
      item += index + 1
      visited.append(index)
    }
    #expect(items == (0..<count).map { $0 + 1 })
    #expect(workspaces.joined().sorted() == Array(0..<count))
  }

  @Test("a worker takes its indices in ascending order and keeps its own workspace")
  func workspaces() {
    var workspaces = [[Int]](repeating: [], count: 4)
    _ = ParallelLoop.map(count: 500, workspaces: &workspaces) { index, visited in
      visited.append(index)
      return index
    }
    for visited in workspaces { #expect(visited == visited.sorted()) }
  }

  @Test("a thread count below one is one thread")
  func noThreads() {
    #expect(ParallelLoop.map(count: 3, threadCount: 0) { $0 } == [0, 1, 2])
  }

  @Test("work without results is done once per index", arguments: cases, [0, 1, 2, 3, 8])
  func run(count: Int, threadCount: Int) {
    // Their number, their sum and that of their squares: those of every index once.
    let visits = Atomic(0)
    let sum = Atomic(0)
    let squares = Atomic(0)
    ParallelLoop.run(count: count, threadCount: threadCount) { index in
      visits.wrappingAdd(1, ordering: .relaxed)
      sum.wrappingAdd(index, ordering: .relaxed)
      squares.wrappingAdd(index * index, ordering: .relaxed)
    }
    #expect(visits.load(ordering: .relaxed) == count)
    #expect(sum.load(ordering: .relaxed) == (0..<count).reduce(0, +))
    #expect(squares.load(ordering: .relaxed) == (0..<count).reduce(0) { $0 + $1 * $1 })
  }

  @Test(
    "a flat array is changed in place, chunk by chunk", arguments: [0, 1, 6, 7, 21], [1, 2, 3, 8])
  func chunks(count: Int, threadCount: Int) {
    var values = (0..<count).map(Float.init)
    ParallelLoop.forEachChunk(of: &values, chunkLength: 3, threadCount: threadCount) {
      index, chunk in
      for place in 0..<chunk.count { chunk[place] = chunk[place] * 2 + Float(index) }
    }
    let expected = (0..<count).map { index in Float(index * 2 + index / 3) }
    #expect(values == expected)
  }
}
