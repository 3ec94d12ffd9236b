import { hostSource } from "../../components/config/host-source";
import { provideHosts } from "../../components/hosts/provide-hosts";
import { readBlueprint } from "../../stack/blueprint";

// The hosts of the program, which is all that it makes on AWS.
const { settings, layout, catalogue } = readBlueprint();
provideHosts("machines", hostSource(settings, layout, catalogue), "");
