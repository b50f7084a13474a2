import Datasets
import Testing

@Suite("Key times") struct KeyTimesTests {
  @Test("easing starts at nothing, ends at all, and never turns back", arguments: Easing.allCases)
  func easing(easing: Easing) {
    let shares = (0...100).map { easing.share(at: Double($0) / 100) }
    #expect(shares[0] == 0 && shares[100] == 1)
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test("a path rests at each key for its hold, and closes where it began") func times() {
    let times = KeyTimes(count: 3, over: 0...9, hold: 1, easing: .linear, closes: true)
    #expect(times.keys.map(\.time) == [0, 3, 6])
    let places = [0.0, 0.5, 1, 2, 3, 3.9, 5, 6.5, 8, 9, 12].map { times.place(at: $0) }
    #expect(places.map(\.key) == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
    #expect(places.map(\.share) == [0, 0, 0, 0.5, 0, 0, 0.5, 0, 0.5, 1, 1])
  }
}
