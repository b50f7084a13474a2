import Dispatch
import Synchronization

/// Work on many items by several threads, with one workspace per thread.
///
/// The only place that hands mutable memory to other threads. Items are taken in order by whichever
/// worker is free, so a result must depend on its item alone; then it is the same for any number of
/// threads. Loops do not nest.
package enum ParallelLoop {
  /// One workspace per thread, at least one.
  ///
  /// Each is made on its own: copies of one would share their arrays' memory until the first write,
  /// which each would then pay for.
  package static func workspaces<Workspace>(
    threadCount: Int, _ make: () -> Workspace
  ) -> [Workspace] {
    (0..<max(1, threadCount)).map { _ in make() }
  }

  /// Changes every item in place.
  ///
  /// - Parameters:
  ///   - workspaces: one per thread, at least one; scratch memory that `body` may use freely and
  ///     whose contents must not decide a result.
  ///   - body: index of the item, the item, the worker's own workspace.
  package static func forEach<Item, Workspace>(
    _ items: inout [Item], workspaces: inout [Workspace],
    _ body: @Sendable (Int, inout Item, inout Workspace) -> Void
  ) {
    precondition(!workspaces.isEmpty, "found no workspace, expected one per thread")
    let count = items.count
    let workerCount = min(workspaces.count, count)
    unsafe items.withUnsafeMutableBufferPointer { itemBuffer in
      unsafe workspaces.withUnsafeMutableBufferPointer { workspaceBuffer in
        guard workerCount > 1 else {
          for index in 0..<count {
            unsafe body(index, &itemBuffer[index], &workspaceBuffer[0])
          }
          return
        }
        // Each index is taken once and each workspace belongs to one iteration: no two threads meet.
        nonisolated(unsafe) let sharedItems = unsafe itemBuffer
        nonisolated(unsafe) let sharedWorkspaces = unsafe workspaceBuffer
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: workerCount) { worker in
          while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            unsafe body(index, &sharedItems[index], &sharedWorkspaces[worker])
          }
        }
      }
    }
  }

  /// Does one piece of work per index.
  package static func run(count: Int, threadCount: Int, _ body: @Sendable (Int) -> Void) {
    let workerCount = min(threadCount, count)
    guard workerCount > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: workerCount) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
  }

  /// Changes a flat array in place, chunk by chunk.
  ///
  /// - Parameters:
  ///   - chunkLength: values per chunk; the last one may be shorter.
  ///   - body: number of the chunk, and the chunk.
  package static func forEachChunk(
    of values: inout [Float], chunkLength: Int, threadCount: Int,
    _ body: @Sendable (Int, inout MutableSpan<Float>) -> Void
  ) {
    precondition(chunkLength > 0, "found chunks of \(chunkLength) values, expected at least one")
    unsafe values.withUnsafeMutableBufferPointer { buffer in
      let count = (buffer.count + chunkLength - 1) / chunkLength
      // Each chunk is taken once: no two threads meet.
      nonisolated(unsafe) let shared = unsafe buffer
      run(count: count, threadCount: threadCount) { index in
        let start = index * chunkLength
        let end = min(start + chunkLength, unsafe shared.count)
        var chunk = unsafe shared.extracting(start..<end).mutableSpan
        body(index, &chunk)
      }
    }
  }

  /// Makes one result per index, in index order.
  package static func map<Result, Workspace>(
    count: Int, workspaces: inout [Workspace],
    _ body: @Sendable (Int, inout Workspace) -> Result
  ) -> [Result] {
    var results = [Result?](repeating: nil, count: count)
    forEach(&results, workspaces: &workspaces) { index, result, workspace in
      result = body(index, &workspace)
    }
    return results.map { result in
      guard let result else { preconditionFailure("every index was visited") }
      return result
    }
  }

  /// Makes one result per index, in index order, by work that needs no memory of its own.
  package static func map<Result>(
    count: Int, threadCount: Int, _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    var workspaces = [Bool](repeating: false, count: max(1, threadCount))
    return map(count: count, workspaces: &workspaces) { index, _ in body(index) }
  }
}
