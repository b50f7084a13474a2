import Kernels
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
}
