import Datasets
import Testing

@Suite("Nearest name")
struct NearestNameTests {
  @Test(
    "a slip of one or two keys finds the name that was meant",
    arguments: [
      ("raduis", "radius"), ("radus", "radius"), ("Radius", "radius"), ("radiuss", "radius"),
      ("color", "colour"), ("center", "centre"), ("centre", "centre"), ("fvo", "fov"),
    ])
  func slips(typed: String, meant: String) {
    #expect(typed.nearest(among: ["fov", "centre", "radius", "colour"]) == meant)
  }

  @Test(
    "a name unlike all others finds none", arguments: ["", "xyz", "elevation", "r", "🙂🙂🙂"])
  func strangers(typed: String) {
    #expect(typed.nearest(among: ["fov", "centre", "radius", "colour"]) == nil)
  }

  @Test("among equally near names the first is taken")
  func ties() {
    #expect("cat".nearest(among: ["bat", "hat"]) == "bat")
    #expect("cat".nearest(among: []) == nil)
  }
}
