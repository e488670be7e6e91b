// The page, put together from its parts.

import { BrowserCamera } from "./browser_camera.js";
import { CollectingElsewhere } from "./collecting.js";
import { at, say } from "./elements.js";
import { AddPerson, EnrolmentView } from "./enrolment.js";
import { follow, live, startAsking } from "./poll.js";
import { sayWhatIsMissing } from "./missing.js";
import { Models } from "./models.js";
import { People } from "./people.js";
import { enter, may } from "./session.js";
import { Sightings } from "./sightings.js";
import { Stage } from "./stage.js";
import { Strangers } from "./strangers.js";
import { Training, Verdict } from "./training.js";
import { View } from "./in_view.js";

await enter();
sayWhatIsMissing();
const stage = new Stage(new BrowserCamera(), new View());
new Sightings();
if (may("admin")) {
  new People(new AddPerson(stage));
  new EnrolmentView(stage);
  new CollectingElsewhere(stage);
  new Strangers();
  new Training();
  new Verdict();
  new Models();
}
follow(["health"], () => live.health && say(at("version"), `Version ${live.health.version}.`));
startAsking(may("admin"));
