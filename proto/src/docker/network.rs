//! Shapes of the Docker API, as the public API passes them on: network.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network list item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkListItem {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub created: Option<String>,
    #[serde(default)]
    pub scope: Option<String>,
    #[serde(default)]
    pub driver: Option<String>,
    #[serde(default)]
    pub enable_ipv6: Option<bool>,
    #[serde(default)]
    pub ipam_driver: Option<String>,
    #[serde(default)]
    pub ipam_subnet: Option<String>,
    #[serde(default)]
    pub ipam_gateway: Option<String>,
    #[serde(default)]
    pub internal: Option<bool>,
    #[serde(default)]
    pub attachable: Option<bool>,
    #[serde(default)]
    pub ingress: Option<bool>,
    pub in_use: bool,
}

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "Id", default)]
    pub id: Option<String>,
    #[serde(rename = "Created", default)]
    pub created: Option<String>,
    #[serde(rename = "Scope", default)]
    pub scope: Option<String>,
    #[serde(rename = "Driver", default)]
    pub driver: Option<String>,
    #[serde(rename = "EnableIPv6", default)]
    pub enable_ipv6: Option<bool>,
    #[serde(rename = "IPAM", default)]
    pub ipam: Option<Ipam>,
    #[serde(rename = "Internal", default)]
    pub internal: Option<bool>,
    #[serde(rename = "Attachable", default)]
    pub attachable: Option<bool>,
    #[serde(rename = "Ingress", default)]
    pub ingress: Option<bool>,
    #[serde(rename = "Containers")]
    pub containers: Vec<NetworkContainer>,
    #[serde(rename = "Options", default, deserialize_with = "crate::lenient::null_default")]
    pub options: IndexMap<String, String>,
    #[serde(rename = "Labels", default, deserialize_with = "crate::lenient::null_default")]
    pub labels: IndexMap<String, String>,
}

/// An ipam.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ipam {
    #[serde(rename = "Driver", default)]
    pub driver: Option<String>,
    #[serde(rename = "Config")]
    pub config: Vec<IpamConfig>,
    #[serde(rename = "Options")]
    pub options: IndexMap<String, String>,
}

/// An ipam config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IpamConfig {
    #[serde(rename = "Subnet", default)]
    pub subnet: Option<String>,
    #[serde(rename = "IPRange", default)]
    pub ip_range: Option<String>,
    #[serde(rename = "Gateway", default)]
    pub gateway: Option<String>,
    #[serde(rename = "AuxiliaryAddresses")]
    pub auxiliary_addresses: IndexMap<String, String>,
}

/// A network container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkContainer {
    #[serde(rename = "ContainerID", default, deserialize_with = "crate::lenient::null_default")]
    pub container_id: String,
    #[serde(rename = "Name", default)]
    pub name: Option<String>,
    #[serde(rename = "EndpointID", default)]
    pub endpoint_id: Option<String>,
    #[serde(rename = "MacAddress", default)]
    pub mac_address: Option<String>,
    #[serde(rename = "IPv4Address", default)]
    pub ipv4_address: Option<String>,
    #[serde(rename = "IPv6Address", default)]
    pub ipv6_address: Option<String>,
}
