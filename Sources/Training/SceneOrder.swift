import Kernels

/// Which scenes take part in which batch: every scene once in a round, in a new random order each time.
struct SceneOrder {
  let seed: UInt64
  let sceneCount: Int
  /// Scenes of the set; those behind them are their variants.
  let ownCount: Int

  /// The scenes of a batch: half of them, rounded up, are scenes of the set, the others variants.
  ///
  /// - Parameter count: scenes per batch; all of them where there are fewer.
  func scenes(ofBatch batch: Int, count: Int) -> [Int] {
    let count = min(count, sceneCount)
    guard count < sceneCount else { return Array(0..<sceneCount) }
    guard ownCount < sceneCount else { return turn(batch, of: 0..<sceneCount, count: count) }
    let own = min(ownCount, (count + 1) / 2)
    return turn(batch, of: 0..<ownCount, count: own)
      + turn(batch, of: ownCount..<sceneCount, count: count - own)
  }

  /// The next few of some scenes.
  private func turn(_ batch: Int, of places: Range<Int>, count: Int) -> [Int] {
    let batchesPerRound = (places.count + count - 1) / max(count, 1)
    let (round, place) = batch.quotientAndRemainder(dividingBy: max(batchesPerRound, 1))
    var random = SeededGenerator(seed: seed, 2, UInt64(round))
    let order = places.shuffled(using: &random)
    // The last batch of a round is filled up from its beginning.
    return (0..<count).map { order[(place * count + $0) % order.count] }
  }
}
