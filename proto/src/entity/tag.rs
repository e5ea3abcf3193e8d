//! The tag.

use crate::MongoId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tag {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    pub name: String,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub color: TagColor,
}

named_enum! {
    /// A tag color.
    pub enum TagColor {
        LightSlate = "LightSlate",
        #[default]
        Slate = "Slate",
        DarkSlate = "DarkSlate",
        LightRed = "LightRed",
        Red = "Red",
        DarkRed = "DarkRed",
        LightOrange = "LightOrange",
        Orange = "Orange",
        DarkOrange = "DarkOrange",
        LightAmber = "LightAmber",
        Amber = "Amber",
        DarkAmber = "DarkAmber",
        LightYellow = "LightYellow",
        Yellow = "Yellow",
        DarkYellow = "DarkYellow",
        LightLime = "LightLime",
        Lime = "Lime",
        DarkLime = "DarkLime",
        LightGreen = "LightGreen",
        Green = "Green",
        DarkGreen = "DarkGreen",
        LightEmerald = "LightEmerald",
        Emerald = "Emerald",
        DarkEmerald = "DarkEmerald",
        LightTeal = "LightTeal",
        Teal = "Teal",
        DarkTeal = "DarkTeal",
        LightCyan = "LightCyan",
        Cyan = "Cyan",
        DarkCyan = "DarkCyan",
        LightSky = "LightSky",
        Sky = "Sky",
        DarkSky = "DarkSky",
        LightBlue = "LightBlue",
        Blue = "Blue",
        DarkBlue = "DarkBlue",
        LightIndigo = "LightIndigo",
        Indigo = "Indigo",
        DarkIndigo = "DarkIndigo",
        LightViolet = "LightViolet",
        Violet = "Violet",
        DarkViolet = "DarkViolet",
        LightPurple = "LightPurple",
        Purple = "Purple",
        DarkPurple = "DarkPurple",
        LightFuchsia = "LightFuchsia",
        Fuchsia = "Fuchsia",
        DarkFuchsia = "DarkFuchsia",
        LightPink = "LightPink",
        Pink = "Pink",
        DarkPink = "DarkPink",
        LightRose = "LightRose",
        Rose = "Rose",
        DarkRose = "DarkRose",
    }
}
